/** The page in site/: `npm run site` serves it while one works on it, `npm run site:build` makes the static files site/dist. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { layOutPackage } from "./manifest.mjs";
import { installPackages } from "./packages.mjs";
import { passes, root, run, Stop } from "./run.mjs";
import { hashOf, readStamp } from "./stamp.mjs";

const vite = join(root, "site/node_modules/vite/bin/vite.js");

/** Installs the site's npm packages, and beside them this package from dist/ as users get it. */
export function setUpSite() {
  installPackages("site", "20 s");
  const placed = join(root, "site/node_modules/lstm-wasm");
  const stamp = `${placed}.hash`;
  const hash = hashOf(["package.json", "dist"]);
  if (existsSync(placed) && readStamp(stamp) === hash) return;
  rmSync(placed, { recursive: true, force: true });
  layOutPackage(placed);
  writeFileSync(stamp, hash);
}

/** Makes site/dist: static files that work under any path of any host. */
export function buildSite() {
  setUpSite();
  run(process.execPath, [vite, "build", "site", "--logLevel", "warn"]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command] = process.argv.slice(2);
  try {
    if (command === "build") buildSite();
    else {
      setUpSite();
      process.exitCode = passes(process.execPath, [vite, "site", ...process.argv.slice(2)]) ? 0 : 1;
    }
  } catch (error) {
    console.error(error instanceof Stop ? `setup: ${error.message}` : error);
    process.exitCode = 1;
  }
}
