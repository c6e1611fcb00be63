/**
 * `npm run matrix`: the package in every runtime and bundler. Installs what is missing: test/packaging/package.json's
 * tools, and browsers. Arguments go to test/packaging/matrix.ts.
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
  const line = ["--import", "tsx", "test/packaging/matrix.ts", ...process.argv.slice(2)];
  process.exitCode = passes(node, line) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Stop ? `setup: ${error.message}` : error);
  process.exitCode = 1;
}
