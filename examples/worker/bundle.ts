import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";

/** A module of a worker, as miniflare takes it. */
export interface WorkerModule {
  readonly type: "ESModule" | "CompiledWasm" | "Data";
  readonly path: string;
  readonly contents: string | Uint8Array;
}

/** The worker as wrangler would bundle it: one script, with the WebAssembly and the model as modules beside it. */
export async function bundle(): Promise<WorkerModule[]> {
  const beside: WorkerModule[] = [];
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "worker.ts")],
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    write: false,
    logLevel: "warning",
    logOverride: { "ignored-bare-import": "silent" }, // of dist/, which as an installed package would be spared it
    plugins: [modules(beside)],
  });
  return [{ type: "ESModule", path: "worker.js", contents: (outputFiles[0] as { text: string }).text }, ...beside];
}

/** Leaves imports of these files to the runtime, and collects the files. */
function modules(beside: WorkerModule[]): Plugin {
  return {
    name: "modules",
    setup({ onResolve }) {
      onResolve({ filter: /\.(wasm|safetensors)$/ }, ({ path, resolveDir }) => {
        const name = path.replace(/^.*\//, "");
        if (!beside.some((module) => module.path === name)) {
          const type = name.endsWith(".wasm") ? "CompiledWasm" : "Data";
          beside.push({ type, path: name, contents: readFileSync(join(resolveDir, path)) });
        }
        return { path: `./${name}`, external: true };
      });
    },
  };
}
