/**
 * Makes a clone ready to run: npm packages, a Rust toolchain for WebAssembly, its tools, the module, dist/. Each part
 * looks first whether it is done, so that a second run takes a moment. `--force` builds the module and dist/ again.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildDist } from "./build.mjs";
import { installPackages } from "./packages.mjs";
import { root, Stop } from "./run.mjs";
import { buildWasm } from "./wasm.mjs";

const force = process.argv.includes("--force");

try {
  checkNode();
  installPackages(".", "10 s");
  await buildWasm(force);
  await buildDist(force);
} catch (error) {
  console.error(error instanceof Stop ? `setup: ${error.message}` : error);
  process.exitCode = 1;
}

function checkNode() {
  const wanted = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).engines.node.replace(">=", "");
  const [major, minor] = wanted.split(".").map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split(".").map(Number);
  if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
    throw new Stop(`Node ${wanted} or newer is needed; this is ${process.versions.node} (https://nodejs.org)`);
  }
}
