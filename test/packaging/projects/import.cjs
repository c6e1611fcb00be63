// As CommonJS loads ES modules where `require` cannot: older versions of Electron, say.
import("./all.js").then(({ all }) => console.log(JSON.stringify(all())));
