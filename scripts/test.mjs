/**
 * The tests: Rust's, natively, then TypeScript's on the built package. `npm test -- test/tensor.test.ts` runs only that,
 * since arguments go to vitest.
 */
import { join } from "node:path";
import { passes, root } from "./run.mjs";

const chosen = process.argv.slice(2);
const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", ...chosen];
const suites = [
  { name: "Rust, native (cargo test)", command: "cargo", args: ["test", "--workspace", "--quiet"] },
  { name: "TypeScript, on the built package (vitest)", command: process.execPath, args: vitest },
];

const results = (chosen.length > 0 ? suites.slice(1) : suites).map(({ name, command, args }) => {
  console.log(`\n== ${name}\n`);
  return { name, passed: passes(command, args) };
});

console.log("");
for (const { name, passed } of results) console.log(`${passed ? "passed" : "FAILED"}: ${name}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
