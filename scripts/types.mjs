import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./run.mjs";

/** What `exports` in package.json names. */
const ENTRIES = ["index.d.ts", "safetensors.d.ts", "slim.d.ts", "train.d.ts", "node.d.ts", "lstm.wasm.d.ts"];

/** Writes the declarations; esbuild writes the JavaScript. Returns whether the types are right. */
export function writeTypes(folder) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", "tsconfig.types.json", "--declarationDir", folder];
  const right = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", 2, 2] }).status === 0;
  copyFileSync(join(root, "ts/lstm.wasm.d.ts"), join(folder, "lstm.wasm.d.ts")); // tsc leaves out what is a declaration
  if (right) removeUnreachable(folder);
  return right;
}

/** Declarations of internal files that no entry's types mention are of no use to anybody. */
function removeUnreachable(folder) {
  const reachable = new Set(ENTRIES.map((name) => join(folder, name)));
  for (const file of reachable) {
    for (const [, path] of readFileSync(file, "utf8").matchAll(/(?:from|import) ?\(?"(\..+?)\.js"/g)) {
      reachable.add(join(dirname(file), `${path}.d.ts`)); // a Set's iteration goes on to what is added
    }
  }
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !reachable.has(file)) rmSync(file);
  }
}
