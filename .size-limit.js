import { existsSync, readFileSync } from "node:fs";

/**
 * What the package may weigh, held by `npm test`. A bundle is what a project gets that imports all of an entry:
 * minified by esbuild, then gzip. Raw is the file as it lies.
 *
 * The default entry is 52.0 kB: 18.7 of JavaScript, 32.6 of WebAssembly, and 0.7 for reading the module's text and for what one
 * gzip stream of both costs. GRU and RNN are some 3.7 of it. Before integer weights it was 49.5, so it has grown by 2.5 with them.
 */
const bundle = (name, path, limit, ...ignore) => ({
  name,
  path,
  limit,
  ignore,
  gzip: true,
  modifyEsbuildConfig: (config) => ({ ...config, format: "esm" }), // in a script nobody could use the exports
});
const raw = (name, path, limit) => ({
  name,
  path,
  limit,
  gzip: false,
  brotli: false,
  disablePlugins: ["@size-limit/esbuild"],
});

/** The files that the default entry is made of, which a page has already that imports a reader beside it. */
const core = new Set();
function collect(file) {
  const path = new URL(`dist/${file}`, import.meta.url);
  if (!existsSync(path)) return;
  for (const [, name] of readFileSync(path, "utf8").matchAll(/from "(\.\/[\w.-]+\.js)"/g)) {
    if (core.has(name)) continue;
    core.add(name);
    collect(name);
  }
}
collect("index.js");

/** The files that a file loads when they are asked for. */
function lazy(file) {
  const path = new URL(`dist/${file}`, import.meta.url);
  if (!existsSync(path)) return [];
  return [...readFileSync(path, "utf8").matchAll(/import\("(\.\/[\w.-]+\.js)"\)/g)].map(([, name]) => name);
}

export default [
  bundle("lstm-wasm, everything included", "dist/index.js", "52.2 kB"),
  raw("  its WebAssembly, raw", "dist/lstm.wasm", "69 kB"),
  bundle("  its JavaScript", "dist/workerd/index.js", "18.8 kB", "../lstm.wasm"),
  // Before GRU, RNN and integers it was 15.6 kB: who imports one cell pays 1.4 kB for what it shares with the others, and for integers.
  { ...bundle("  of it LSTM alone", "dist/workerd/index.js", "17.1 kB", "../lstm.wasm"), import: "{ LSTM }" },
  bundle("lstm-wasm/relaxed, everything included", "dist/relaxed/index.js", "52.3 kB"),
  bundle("lstm-wasm/slim, without lstm.wasm", "dist/slim/slim.js", "19.1 kB"),
  bundle("lstm-wasm/nn, beside the default entry", "dist/nn.js", "11 kB", ...core),
  bundle("lstm-wasm/train, beside the default entry", "dist/train.js", "18.1 kB", ...core),
  bundle("lstm-wasm/train with the default entry", "dist/train.js", "58.1 kB"),
  // test/packaging/readers.test.ts holds what it adds to a bundle of the default entry: 8 kB at most, as the names are not in that.
  bundle("onnx, with the names that it imports of the default entry", "dist/onnx.js", "8.9 kB", ...core),
  bundle("lstm-wasm/safetensors", "dist/safetensors.js", "10.3 kB"),
  bundle("lstm-wasm/keras, beside the default entry", "dist/keras.js", "12 kB", ...core, "./files-*"),
  bundle("lstm-wasm/audio, beside the default entry", "dist/audio.js", "3 kB", ...core),
  bundle("lstm-wasm/pytorch, beside the default entry", "dist/pytorch.js", "8 kB", ...core),
  bundle("lstm-wasm/npy, beside the default entry", "dist/npy.js", "2 kB", ...core, "./npz-archive-*"),
  { ...bundle("  of it .npy alone", "dist/npy.js", "1.9 kB", ...core), import: "{ loadNpy, saveNpy }" },
  bundle("lstm-wasm/node", "dist/node.js", "1 kB", "node:*"),
  // What each command loads comes on top when it runs: from 2.5 kB (convert) to 10 kB (bench).
  bundle("npx lstm-wasm, before it loads a command", "dist/bin.js", "4 kB", "node:*", "lstm-wasm", ...lazy("bin.js")),
];
