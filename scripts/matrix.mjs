/**
 * `npm run matrix`: the package in every runtime and bundler; with `--bench`, how fast it is in every engine. Installs what
 * is missing: test/packaging/package.json's tools, and browsers. `npm run matrix -- Deno Node` runs only rows with one of
 * these words in their names.
 */
import { join } from "node:path";
import { browser } from "./browsers.mjs";
import { installPackages } from "./packages.mjs";
import { passes, root, Stop } from "./run.mjs";

try {
  installPackages("test/packaging", "2 minutes, 2 GB");
  for (const name of ["chromium", "firefox", "webkit", "display"]) browser(name);
  // Wrangler, miniflare and Selenium need Node 22 or newer; the clone needs only 20.
  const node = join(root, "test/packaging/node_modules/node-24/bin/node");
  const words = process.argv.slice(2).filter((word) => word !== "--bench");
  const program = process.argv.includes("--bench") ? "test/packaging/bench/main.ts" : "test/packaging/matrix.ts";
  const line = ["--import", "tsx", program, ...words];
  process.exitCode = passes(node, line) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Stop ? `setup: ${error.message}` : error);
  process.exitCode = 1;
}
