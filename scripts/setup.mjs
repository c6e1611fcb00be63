/**
 * Makes a clone ready to run: npm packages, a Rust toolchain for WebAssembly, its tools, the module, dist/. Each part
 * looks first whether it is done, so that a second run takes a moment. `--force` builds the module and dist/ again.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildDist } from "./build.mjs";
import { locked } from "./lock.mjs";
import { announce, root, run, Stop } from "./run.mjs";
import { buildWasm } from "./wasm.mjs";

const force = process.argv.includes("--force");

try {
  checkNode();
  await locked(async () => {
    installPackages();
    buildWasm(force);
    await buildDist(force);
  });
} catch (error) {
  console.error(error instanceof Stop ? `setup: ${error.message}` : error);
  process.exitCode = 1;
}

function checkNode() {
  const wanted = readJson("package.json").engines.node.replace(">=", "");
  const [major, minor] = wanted.split(".").map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split(".").map(Number);
  if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
    throw new Stop(`Node ${wanted} or newer is needed; this is ${process.versions.node} (https://nodejs.org)`);
  }
}

/** npm keeps a record of what it installed; packages are missing or old where it differs from the lock file. */
function installPackages() {
  const record = "node_modules/.package-lock.json";
  const installed = existsSync(join(root, record)) ? readJson(record).packages : {};
  const missing = Object.entries(readJson("package-lock.json").packages).filter(
    // Optional packages are mostly binaries for other systems.
    ([path, { version, optional }]) => path !== "" && !optional && installed[path]?.version !== version,
  );
  if (missing.length === 0) return;
  announce(`installing npm packages (${missing.length} missing or changed), about 10 s`);
  run("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"]);
}

function readJson(name) {
  return JSON.parse(readFileSync(join(root, name), "utf8"));
}
