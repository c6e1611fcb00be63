import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { licences } from "./licences.js";
import { contentSecurityPolicy } from "./policy.js";
import { reference } from "./reference/plugin.js";

/** Most of the time is typedoc's, and Vite need not say so. */
const rolldownOptions = { checks: { pluginTimings: false } };

/** Folders of npm packages. */
const bundled = new Set<string>();

export default defineConfig({
  root: import.meta.dirname,
  base: "./", // the built files may be served from any path
  plugins: [contentSecurityPolicy(), peakLoops(), reference(), licences(bundled, "page")],
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0, // the policy lets the page fetch files of its host, and no data: addresses
    rolldownOptions,
  },
  worker: { format: "es", plugins: () => [peakLoops(), licences(bundled, "worker")], rolldownOptions },
  // The models of the examples lie outside of this folder, and so do examples that panels import.
  server: { fs: { allow: [join(import.meta.dirname, "..")] } },
  resolve: {
    dedupe: [
      // An example that imports lstm-wasm gets the package that scripts/site.mjs placed here, as every file of the site does.
      "lstm-wasm",
      // Contestants of bench/ get the packages of the site, though bench/contestants may have its own.
      ...["onnxruntime-web", "onnx-proto"],
      ...["core", "layers", "backend-cpu", "backend-wasm"].map((part) => `@tensorflow/tfjs-${part}`),
    ],
  },
  // The package changes without a change of its version, so Vite must not keep a bundle of it.
  optimizeDeps: { exclude: ["lstm-wasm"] },
});

/** The loops of the benchmark's peak, assembled here, because their assembler is larger than all of the page. */
function peakLoops(): Plugin {
  const name = "virtual:peak-loops";
  return {
    name: "peak-loops",
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    async load(id) {
      if (id !== `\0${name}`) return;
      const { assembled } = await import("../bench/assemble.js");
      const { TILES } = await import("../bench/tiles.js");
      const loops = assembled(TILES).map((loop) => ({ ...loop, bytes: [...(loop.bytes as Uint8Array)] }));
      return `export const loops = ${JSON.stringify(loops)}.map((loop) => ({ ...loop, bytes: Uint8Array.from(loop.bytes) }));`;
    },
  };
}
