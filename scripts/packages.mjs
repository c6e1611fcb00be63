import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { announce, root, run } from "./run.mjs";

/**
 * Installs the npm packages of a folder, by default the root's, unless they are there. npm keeps a record of what it
 * installed; packages are missing or old where it differs from the lock file.
 */
export function installPackages(folder = ".") {
  const read = (name) => JSON.parse(readFileSync(join(root, folder, name), "utf8")).packages;
  const record = "node_modules/.package-lock.json";
  const installed = existsSync(join(root, folder, record)) ? read(record) : {};
  const missing = Object.entries(read("package-lock.json")).filter(
    // Optional packages are mostly binaries for other systems.
    ([path, { version, optional }]) => path !== "" && !optional && installed[path]?.version !== version,
  );
  if (missing.length === 0) return;
  const where = folder === "." ? "" : ` into ${folder}`;
  announce(`installing npm packages${where} (${missing.length} missing or changed), about 10 s`);
  run("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"], { cwd: join(root, folder) });
}
