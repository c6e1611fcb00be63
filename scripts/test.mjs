/**
 * The tests: Rust's, natively, then TypeScript's on the built package, then what the package weighs. `npm test --
 * test/tensor.test.ts` runs only that, since arguments go to vitest.
 */
import { join } from "node:path";
import { browser } from "./browsers.mjs";
import { passes, root, Stop } from "./run.mjs";

const chosen = process.argv.slice(2);
const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", ...chosen];
const suites = [
  { name: "Rust, native (cargo test)", command: "cargo", args: ["test", "--workspace", "--quiet"] },
  { name: "TypeScript, on the built package (vitest)", command: process.execPath, args: vitest },
  { name: "Sizes (size-limit)", command: process.execPath, args: [join(root, "node_modules/size-limit/bin.js")] },
];

if (chosen.length === 0 && !hasChromium())
  for (const tests of ["test/packaging/packaging.test.ts", "examples/audio/worklet.test.ts", "test/site/**"])
    vitest.push("--exclude", tests);
const results = (chosen.length > 0 ? suites.slice(1, 2) : suites).map(({ name, command, args }) => {
  console.log(`\n== ${name}\n`);
  return { name, passed: passes(command, args) };
});

console.log("");
for (const { name, passed } of results) console.log(`${passed ? "passed" : "FAILED"}: ${name}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;

/**
 * Some tests open pages. Better to install the browser now, and say so, than in the middle of them. Where that cannot be,
 * the others run, and only continuous integration takes it for a failure.
 */
function hasChromium() {
  try {
    browser("chromium");
    return true;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    console.error(`setup: ${error.message}`);
    if (process.env.CI) process.exit(1);
    console.error("setup: the tests in pages are left out");
    return false;
  }
}
