import { all } from "./all.js";
import { outcome } from "./report.js";

addEventListener("fetch", (event) => {
  event.respondWith(outcome(all).then((found) => Response.json(found)));
});
