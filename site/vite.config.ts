import { join } from "node:path";
import { defineConfig } from "vite";
import { reference } from "./reference/plugin.js";

/** Most of the time is typedoc's, and Vite need not say so. */
const checks = { pluginTimings: false };

export default defineConfig({
  root: import.meta.dirname,
  plugins: [reference()],
  base: "./", // the built files may be served from any path
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    rolldownOptions: { checks },
  },
  worker: { format: "es", rolldownOptions: { checks } },
  // The models of the examples lie outside of this folder, and so do examples that panels import.
  server: { fs: { allow: [join(import.meta.dirname, "..")] } },
  // An example that imports lstm-wasm gets the package that scripts/site.mjs placed here, as every file of the site does.
  resolve: { dedupe: ["lstm-wasm"] },
  // The package changes without a change of its version, so Vite must not keep a bundle of it.
  optimizeDeps: { exclude: ["lstm-wasm"] },
});
