import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

/** What `exports` in package.json names. */
const ENTRIES = [
  "index.d.ts",
  "nn.d.ts",
  "onnx.d.ts",
  "safetensors.d.ts",
  "keras.d.ts",
  "audio.d.ts",
  "pytorch.d.ts",
  "npy.d.ts",
  "slim.d.ts",
  "train.d.ts",
  "node.d.ts",
  "lstm.wasm.d.ts",
];

/** Writes the declarations; esbuild writes the JavaScript. Returns whether the types are right. */
export function writeTypes(folder) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", "tsconfig.types.json", "--declarationDir", folder];
  const right = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", 2, 2] }).status === 0;
  copyFileSync(join(root, "ts/lstm.wasm.d.ts"), join(folder, "lstm.wasm.d.ts")); // tsc leaves out what is a declaration
  if (right) removeInternals(folder);
  return right;
}

/**
 * Leaves only what the entries export, and what the types of that mention: other files import much of each other that is
 * nobody else's. Members of classes that are so are marked as `@internal`, and tsc leaves them out.
 */
function removeInternals(folder) {
  const entries = ENTRIES.flatMap((name) => [name, ...exportedWhole(join(folder, name))]).map((name) =>
    join(folder, name),
  );
  const paths = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));
  const statements = paths
    .filter((path) => path.endsWith(".d.ts"))
    .flatMap((path) => statementsOf(readFileSync(path, "utf8")).map((statement) => ({ path, ...statement })));

  const kept = new Set();
  const wanted = new Set();
  const keep = (statement) => {
    kept.add(statement);
    for (const word of statement.words) wanted.add(word);
  };
  for (const statement of statements) if (entries.includes(statement.path)) keep(statement);
  for (let before = -1; before < kept.size; ) {
    before = kept.size;
    for (const statement of statements) if (wanted.has(statement.name) && !kept.has(statement)) keep(statement);
  }

  for (const path of new Set(statements.map((statement) => statement.path))) {
    if (entries.includes(path)) continue;
    const own = statements.filter((statement) => statement.path === path);
    // Without its `export {}` a file would export all that it declares.
    const declarations = own.filter((statement) => kept.has(statement) || statement.text === "export {};\n");
    const used = new Set(declarations.flatMap(({ words }) => words));
    const imports = own
      .map(({ text }) => text.replace(/^\/\*\*.*?\*\/\s*/s, "")) // the file's own comment
      .filter((text) => text.startsWith("import"))
      .map((text) => importOf(text, used));
    if (declarations.every(({ name }) => name === undefined)) rmSync(path);
    else writeFileSync(path, [...imports, ...declarations.map(({ text }) => text)].join(""));
  }
}

/** The files that an entry exports under one name: `export * as init from "./train/init.js"`. */
function exportedWhole(entry) {
  return [...readFileSync(entry, "utf8").matchAll(/^export \* as \w+ from "(.*)\.js"/gm)].map(
    ([, path]) => `${path}.d.ts`,
  );
}

/** The statements of a declaration file, each with the comments before it. What is inside of one is indented. */
function statementsOf(text) {
  const statements = [];
  let statement = "";
  for (const line of text.split("\n")) {
    statement += `${line}\n`;
    if (!/^([^\s/*].*;|\}|\} .*;)$/.test(line)) continue;
    const code = statement.replace(/\/\*\*.*?\*\//gs, "");
    const [, name] =
      code.match(/^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|function|const) (\w+)/m) ?? [];
    statements.push({ text: statement, name, words: code.match(/\w+/g) });
    statement = "";
  }
  return statements;
}

/** An import of what is used; nothing if nothing is. */
function importOf(text, used) {
  const [, type, names, from] = text.match(/^import (type )?\{ (.*?),? \} from (.*)$/s);
  const left = names.split(", ").filter((name) => used.has(name.replace("type ", "")));
  return left.length === 0 ? "" : `import ${type ?? ""}{ ${left.join(", ")} } from ${from}`;
}
