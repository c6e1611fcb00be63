/** All linters, each to its end so that one run shows everything. `npm run lint -- --fix` applies what can be fixed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { installPackages } from "./packages.mjs";
import { passes, root } from "./run.mjs";
import { TARGET, wasmToolchain } from "./rust.mjs";

installPackages("site", "20 s"); // tsc checks the site with their types
const fix = process.argv.includes("--fix");
const checks = [
  { name: "rustfmt", line: ["cargo", "fmt", "--all", ...(fix ? [] : ["--check"])] },
  { name: "clippy", line: clippy("--workspace", "--all-targets") },
  wasmCheck(),
  { name: "biome", line: npm("@biomejs/biome/bin/biome", "check", "--error-on-warnings", ...(fix ? ["--write"] : [])) },
  { name: "tsc", line: npm("typescript/bin/tsc", "--noEmit") },
  ...installedParts().map((part) => ({
    name: `tsc in ${part}`,
    line: npm("typescript/bin/tsc", "--noEmit", "-p", part),
  })),
];

const results = checks.map(({ name, line: [command, ...args], env }) => ({ name, passed: passes(command, args, env) }));

for (const { name, passed } of results) console.log(`${passed ? "passed" : "FAILED"}: ${name}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;

/** The SIMD code compiles only for WebAssembly. Debian's toolchain has no clippy: there rustc's own warnings must do. */
function wasmCheck() {
  const { env } = wasmToolchain();
  const scope = ["--workspace", "--target", TARGET];
  if (env.RUSTUP_TOOLCHAIN === undefined) return { name: `clippy for ${TARGET}`, env, line: clippy(...scope) };
  const deny = ["--config", `target.${TARGET}.rustflags=["-Dwarnings"]`];
  return { name: `rustc for ${TARGET}`, env, line: ["cargo", "check", "--quiet", ...scope, ...deny] };
}

/** Packages of their own, which are checked where somebody has installed them. */
function installedParts() {
  return ["site", "bench/contestants", "bench/charts"].filter((part) => existsSync(join(root, part, "node_modules")));
}

function clippy(...scope) {
  const repair = fix ? ["--fix", "--allow-dirty", "--allow-staged"] : [];
  return ["cargo", "clippy", "--quiet", ...scope, ...repair, "--", "-D", "warnings"];
}

function npm(script, ...args) {
  return [process.execPath, join(root, "node_modules", script), ...args];
}
