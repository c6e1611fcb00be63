import { join } from "node:path";
import { defineConfig } from "vite";
import { contentSecurityPolicy } from "./policy.js";

export default defineConfig({
  root: import.meta.dirname,
  base: "./", // the built files may be served from any path
  plugins: [contentSecurityPolicy()],
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0, // the policy lets the page fetch files of its host, and no data: addresses
  },
  worker: { format: "es" },
  // The models of the examples lie outside of this folder, and so do examples that panels import.
  server: { fs: { allow: [join(import.meta.dirname, "..")] } },
  // An example that imports lstm-wasm gets the package that scripts/site.mjs placed here, as every file of the site does.
  resolve: { dedupe: ["lstm-wasm"] },
  // The package changes without a change of its version, so Vite must not keep a bundle of it.
  optimizeDeps: { exclude: ["lstm-wasm"] },
});
