import { existsSync, readFileSync } from "node:fs";

/**
 * What the package may weigh, held by `npm test`. A bundle is what a project gets that imports all of an entry:
 * minified by esbuild, then gzip. Raw is the file as it lies.
 *
 * The default entry was 45 kB. It is 51: 3.2 kB of JavaScript and 2.6 kB of WebAssembly hold what refuses to be wrong in
 * silence: tensors as they lie in memory, their JSON and clones, state dicts of other cells and prefixes, forwards that wait
 * by name, arrays that outlive their owner, a heap that cannot wrap, norms over all of float32, softmax for lstm-wasm/nn.
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

export default [
  bundle("lstm-wasm, everything included", "dist/index.js", "51 kB"),
  raw("  its WebAssembly, raw", "dist/lstm.wasm", "66 kB"),
  bundle("  its JavaScript", "dist/workerd/index.js", "17.6 kB", "../lstm.wasm"),
  bundle("lstm-wasm/relaxed, everything included", "dist/relaxed/index.js", "51 kB"),
  bundle("lstm-wasm/slim, without lstm.wasm", "dist/slim/slim.js", "17.9 kB"),
  bundle("lstm-wasm/nn, beside the default entry", "dist/nn.js", "8.2 kB", "./chunk-*"),
  bundle("lstm-wasm/train, beside the default entry", "dist/train.js", "12.5 kB", "./chunk-*"),
  bundle("lstm-wasm/train with the default entry", "dist/train.js", "57.5 kB"),
  bundle("lstm-wasm/safetensors", "dist/safetensors.js", "9 kB"),
  bundle("lstm-wasm/keras, beside the default entry", "dist/keras.js", "12 kB", ...core, "./files-*"),
  bundle("lstm-wasm/audio, beside the default entry", "dist/audio.js", "3 kB", ...core),
  bundle("lstm-wasm/pytorch, beside the default entry", "dist/pytorch.js", "8 kB", ...core),
  bundle("lstm-wasm/npy, beside the default entry", "dist/npy.js", "2 kB", ...core),
  bundle("lstm-wasm/node", "dist/node.js", "1 kB", "node:*"),
];
