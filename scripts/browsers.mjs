import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { installDebian, isDebianRoot } from "./debian.mjs";
import { announce, Stop } from "./run.mjs";

/** Browsers, and what drives them: the commands that may be there, and Debian's packages that bring one. */
const BROWSERS = {
  chromium: { commands: ["chromium", "chromium-browser", "google-chrome"], packages: ["chromium"] },
  firefox: { commands: ["firefox-esr", "firefox"], packages: ["firefox-esr"] },
  webkit: { commands: ["WebKitWebDriver"], packages: ["webkit2gtk-driver", "dbus"] },
  display: { commands: ["Xvfb"], packages: ["xvfb"] },
};

/**
 * The path of a browser's command, installed now if it is missing and this is Debian as root.
 *
 * @param {"chromium" | "firefox" | "webkit" | "display"} name
 * @returns {string}
 */
export function browser(name) {
  const { commands, packages } = BROWSERS[name];
  const found = () => commands.map(onPath).find((path) => path !== undefined);
  const path = found() ?? install(name, packages, found);
  if (path !== undefined) return path;
  throw new Stop(
    `${commands[0]} is missing, which the tests open their pages in. Put it on the PATH, or on Debian as root type\n` +
      `  apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")}`,
  );
}

function install(name, packages, found) {
  if (!isDebianRoot()) return undefined;
  announce(`installing ${name} (Debian's ${packages.join(", ")}), about 40 s`);
  installDebian(packages);
  return found();
}

function onPath(command) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path));
}
