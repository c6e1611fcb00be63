import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { asText } from "./embed.mjs";
import { notices } from "./notices.mjs";
import { announce, root, Stop } from "./run.mjs";
import { hashOf, readStamp } from "./stamp.mjs";
import { writeTypes } from "./types.mjs";
import { MODULES } from "./wasm.mjs";

const dist = join(root, "dist");
const INPUTS = [
  "ts",
  "bench/plain",
  "bench/harness.ts",
  "bench/median.ts",
  "bench/plain.ts",
  "bench/ours.ts",
  "bench/cases.ts",
  "target/wasm/lstm_bg.wasm",
  "target/wasm-relaxed/lstm_bg.wasm",
];
const SETTINGS = [
  "Cargo.lock",
  "scripts/build.mjs",
  "scripts/embed.mjs",
  "scripts/notices.mjs",
  "scripts/types.mjs",
  "tsconfig.json",
  "tsconfig.types.json",
  "package-lock.json",
];

/** The WebAssembly module as text, in a file of its own beside the entries: ts/wasm/loaders/inline.ts imports it. */
const TEXT = "./lstm.wasm.js";

/** Entries that read files and need no WebAssembly: the default entry's go with slim and relaxed too. */
const READERS = ["pytorch", "audio", "npy"];

/**
 * The same sources five times. Builds differ in one thing: what `#module` is, that is, which WebAssembly module gets in and
 * how. `text` names the module whose text lies beside the entries; `external` the imports left to the runtime, written
 * relative to the built file.
 */
const BUILDS = [
  {
    folder: ".",
    module: "inline",
    text: "simd128",
    entries: ["index", "nn", "onnx", "keras", "safetensors", ...READERS, "train", "node"],
    external: ["node:*"],
  },
  {
    folder: "workerd",
    module: "workerd",
    entries: ["index", "nn", "onnx", "keras", "safetensors", ...READERS, "train"],
    external: ["../lstm.wasm"],
  },
  {
    folder: "edge-light",
    module: "edge-light",
    entries: ["index", "nn", "onnx", "keras", "safetensors", ...READERS, "train"],
    external: ["../lstm.wasm?module"],
  },
  { folder: "slim", module: "slim", entries: ["slim", "nn", "onnx", "keras", "safetensors", "train"], external: [] },
  {
    folder: "relaxed",
    module: "relaxed",
    text: "relaxed",
    entries: ["index", "nn", "onnx", "keras", "safetensors", "train"],
    external: [],
  },
];

/** Builds dist/ from ts/ and the WebAssembly module, unless neither has changed since the last time. */
export async function buildDist(force) {
  const stamp = hashOf([...INPUTS, ...SETTINGS]);
  const stampFile = join(root, "target/dist.stamp");
  if (!force && existsSync(dist) && readStamp(stampFile) === stamp) return;

  announce("bundling dist/ (TypeScript or the WebAssembly module is new or changed), about 2 s");
  const partial = join(root, "target/dist.partial");
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  copyFileSync(join(MODULES.simd128.folder, "lstm_bg.wasm"), join(partial, "lstm.wasm"));
  writeFileSync(join(partial, "THIRD-PARTY-NOTICES.txt"), notices());
  for (const build of BUILDS) await bundle(build, join(partial, build.folder));
  await bundleCommand(partial);
  const typed = writeTypes(join(partial, "types"));

  rmSync(stampFile, { force: true });
  rmSync(dist, { recursive: true, force: true });
  renameSync(partial, dist);
  // JavaScript with a type error still runs, so that one can test in the middle of a change; a release may have none.
  if (typed) writeFileSync(stampFile, stamp);
  else if (force || process.env.CI) throw new Stop("ts/ has type errors");
  else announce("ts/ has type errors; going on without them");
}

async function bundle({ module, text: wasm, entries, external }, outdir) {
  const { build } = await import("esbuild"); // only here, because most runs have nothing to build
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: entries.map((name) => `ts/${name}.ts`),
    outdir,
    bundle: true,
    splitting: true, // the entries share one LSTMError class
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"], // of the libraries that are bundled
    target: "es2022",
    // Readable: an uncaught error prints the line that it comes from. Who bundles minifies.
    minify: false,
    lineLimit: 200, // tables of libraries
    write: false,
    logLevel: "warning",
    external: [TEXT, ...external],
    plugins: [quietJsfive],
    alias: { "#module": join(root, "ts/wasm/loaders", `${module}.ts`) },
  });
  mkdirSync(outdir, { recursive: true });
  for (const { path, text } of outputFiles)
    writeFileSync(path, withTextFirst(withoutBareImports(withPlainNames(text))));
  if (wasm !== undefined) {
    const bytes = readFileSync(join(MODULES[wasm].folder, "lstm_bg.wasm"));
    writeFileSync(join(outdir, TEXT), `export default ${JSON.stringify(asText(bytes))};\n`);
  }
}

/**
 * `npx lstm-wasm`, a program on the package's own entries: those stay imports, and each command is a file of its own that is
 * loaded when it runs.
 */
async function bundleCommand(outdir) {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["ts/bin.ts"],
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    lineLimit: 200,
    write: false,
    logLevel: "warning",
    external: ["lstm-wasm"],
    plugins: [required],
  });
  for (const { path, text } of outputFiles) writeFileSync(path, withoutBareImports(withPlainNames(text)));
  chmodSync(join(outdir, "bin.js"), 0o755);
}

/**
 * What a library `require`s of Node becomes an import, since an ES module has no `require`. And cli-progress gets the
 * string-width of today: its own has a regular expression of 10 kB in one line.
 */
const required = {
  name: "required",
  setup(build) {
    build.onResolve({ filter: /^[a-z-]+$/ }, ({ path, kind }) => {
      if (kind !== "require-call" || !(isBuiltin(path) || path === "string-width")) return undefined;
      return { path: isBuiltin(path) ? `node:${path}` : path, namespace: "required" };
    });
    build.onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
      contents: `import value from "${path}"; module.exports = value;`,
      resolveDir: root,
    }));
  },
};

/** jsfive prints what it cannot read, of which ts/formats/keras/hdf5.ts makes errors. It gets a console of its own, which is silent. */
const quietJsfive = {
  name: "quiet jsfive",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]jsfive[/\\].*\.m?js$/ }, ({ path }) => ({
      contents: `const console = { log() {}, warn() {} };\n${readFileSync(path, "utf8")}`,
    }));
  },
};

/** esbuild writes `var LSTM = class _LSTM` or leaves the name out, and stack traces would say `_LSTM.forward`. */
function withPlainNames(script) {
  const classes = [...script.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name);
  const plain = classes.reduce((text, name) => text.replaceAll(new RegExp(`\\b_${name}\\b`, "g"), name), script);
  return plain.replace(/^var (\w+) = class (?=extends |\{)/gm, "var $1 = class $1 ");
}

/** esbuild lets every entry import every shared chunk, used or not. Each costs Node 0.4 ms, and a bundler warns of it. */
function withoutBareImports(script) {
  return script.replace(/^import "\.\/chunk-\w+\.js";\n/gm, "");
}

/**
 * A bundle keeps the order in which files are imported. Gzip looks 32 kB back, so the module's text, twice as long, would
 * part the JavaScript before it from that behind it: 1 kB more.
 */
function withTextFirst(script) {
  const line = `import text from "${TEXT}";\n`;
  return script.includes(line) ? line + script.replace(line, "") : script;
}
