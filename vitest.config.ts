import { join } from "node:path";
import { defineConfig } from "vitest/config";

const file = (path: string): string => join(import.meta.dirname, path);

// Tests run on what ships: the built files in dist/, loaded by Node itself. Tests of one file may import it from ts/.
export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "package",
          include: ["test/**/*.test.ts", "examples/**/*.test.ts", "bench/{claims,accuracy}/*.test.ts"],
          exclude: ["**/node_modules/**", "test/site/**"],
        },
      },
      // Its set-up builds the site, once, if a test of the site is to run.
      { extends: true, test: { name: "site", include: ["test/site/*.test.ts"], globalSetup: "test/site/build.ts" } },
    ],
    testTimeout: 60_000, // only what hangs takes as long, on the busiest machine
    server: { deps: { external: [/\/dist\//] } },
  },
  resolve: {
    alias: [
      { find: /^lstm-wasm$/, replacement: file("dist/index.js") },
      { find: /^lstm-wasm\/relaxed$/, replacement: file("dist/relaxed/index.js") },
      { find: /^lstm-wasm\/slim$/, replacement: file("dist/slim/slim.js") },
      { find: /^lstm-wasm\/(relaxed|slim)\/(nn|onnx|keras|train|safetensors)$/, replacement: file("dist/$1/$2.js") },
      { find: /^lstm-wasm\/pytorch$/, replacement: file("dist/pytorch.js") },
      { find: /^lstm-wasm\/npy$/, replacement: file("dist/npy.js") },
      { find: /^lstm-wasm\/nn$/, replacement: file("dist/nn.js") },
      { find: /^lstm-wasm\/onnx$/, replacement: file("dist/onnx.js") },
      { find: /^lstm-wasm\/safetensors$/, replacement: file("dist/safetensors.js") },
      { find: /^lstm-wasm\/keras$/, replacement: file("dist/keras.js") },
      { find: /^lstm-wasm\/audio$/, replacement: file("dist/audio.js") },
      { find: /^lstm-wasm\/train$/, replacement: file("dist/train.js") },
      { find: /^lstm-wasm\/node$/, replacement: file("dist/node.js") },
      { find: /^\.\/lstm\.wasm\.js$/, replacement: file("dist/lstm.wasm.js") },
      { find: /^#module$/, replacement: file("ts/wasm/loaders/inline.ts") },
    ],
  },
});
