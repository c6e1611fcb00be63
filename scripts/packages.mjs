import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { announce, root, run } from "./run.mjs";

/**
 * Installs the npm packages that a folder's lock file names, given relative to the root, unless they are there. npm keeps
 * a record of what it installed; packages are missing or old where it differs from the lock file.
 */
export function installPackages(folder, duration) {
  const cwd = join(root, folder);
  const record = join(cwd, "node_modules/.package-lock.json");
  const installed = existsSync(record) ? readJson(record).packages : {};
  const missing = Object.entries(readJson(join(cwd, "package-lock.json")).packages).filter(
    // Optional packages are mostly binaries for other systems.
    ([path, { version, optional }]) => path !== "" && !optional && installed[path]?.version !== version,
  );
  if (missing.length === 0) return;
  announce(
    `installing npm packages${folder === "." ? "" : ` in ${folder}`} (${missing.length} missing or changed), about ${duration}`,
  );
  run("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"], { cwd });
}

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
