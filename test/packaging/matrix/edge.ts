import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { output, type Place } from "../place.js";
import { CORE, type Digests, type RuntimeCheck, sameBits } from "../runtime-check.js";
import { command, nodeOf, tool } from "../tools.js";

const TABLE = "Edge runtimes";

/** What is used of miniflare, which runs workerd. */
type Miniflare = {
  Miniflare: new (options: {
    modules: { type: "ESModule" | "CompiledWasm"; path: string; contents: string | Uint8Array }[];
    compatibilityDate: string;
  }) => { dispatchFetch(address: string): Promise<Response>; dispose(): Promise<void> };
};

/** Cloudflare: bundled by wrangler with its default settings, as `wrangler deploy` would, run in workerd by miniflare. */
async function inWorkerd({ folder }: Place, entry: string): Promise<unknown> {
  const outdir = join(folder, "bundled/wrangler", entry);
  const config = join(folder, `${entry}.wrangler.json`);
  const compatibilityDate = "2026-07-01";
  writeFileSync(config, JSON.stringify({ name: "check", main: entry, compatibility_date: compatibilityDate }));
  const env = { WRANGLER_SEND_METRICS: "false", CI: "true" };
  const wrangler = [command("wrangler"), "deploy", "--dry-run", "--config", config, "--outdir", outdir];
  await output(nodeOf("24"), wrangler, folder, env);

  const modules = readdirSync(outdir)
    .filter((name) => /\.(js|wasm)$/.test(name))
    .sort() // the entry first: "*.wasm" begins with a digit of its hash
    .map((name) => ({
      type: name.endsWith(".wasm") ? ("CompiledWasm" as const) : ("ESModule" as const),
      path: name,
      contents: readFileSync(join(outdir, name)),
    }));
  const { Miniflare } = await tool<Miniflare>("miniflare");
  const worker = new Miniflare({
    modules: modules.sort((a, b) => a.type.localeCompare(b.type) * -1),
    compatibilityDate,
  });
  try {
    return await (await worker.dispatchFetch("http://localhost/")).json();
  } finally {
    await worker.dispose();
  }
}

function workerd(check: string, entry: string, wanted?: Digests): RuntimeCheck {
  return {
    table: TABLE,
    runtime: "workerd (wrangler)",
    check,
    run: async (place) => sameBits(await inWorkerd(place, entry), wanted),
  };
}

/** What is used of edge-runtime, Vercel's. */
type EdgeRuntime = {
  EdgeRuntime: new (options: {
    initialCode: string;
    extend(context: Record<string, unknown>): Record<string, unknown>;
  }) => { dispatchFetch(address: string): Promise<Response> };
};

/** Vercel: `edge-light` resolved, and `?module` made what its builder makes of it, a module that waits in a global. */
const edgeLight: RuntimeCheck = {
  table: TABLE,
  runtime: "edge-runtime (esbuild)",
  check: "import",
  async run({ folder }) {
    const files: string[] = [];
    const { outputFiles } = await build({
      absWorkingDir: folder,
      entryPoints: ["edge.js"],
      bundle: true,
      conditions: ["edge-light"],
      write: false,
      plugins: [
        {
          name: "wasm-module",
          setup(esbuild) {
            esbuild.onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
              path: join(resolveDir, path.replace("?module", "")),
              namespace: "wasm-module",
            }));
            esbuild.onLoad({ filter: /.*/, namespace: "wasm-module" }, ({ path }) => ({
              contents: `export default wasmModules[${files.push(path) - 1}]`,
            }));
          },
        },
      ],
    });
    const { EdgeRuntime } = await tool<EdgeRuntime>("edge-runtime");
    const runtime = new EdgeRuntime({
      initialCode: outputFiles[0]?.text ?? "",
      extend: (context) =>
        Object.assign(context, { wasmModules: files.map((file) => new WebAssembly.Module(readFileSync(file))) }),
    });
    sameBits(await (await runtime.dispatchFetch("http://localhost/")).json());
    if (files.length !== 1) throw new Error(`expected one .wasm?module import, found ${files}`);
  },
};

export const edges: RuntimeCheck[] = [
  workerd("import", "workerd.js"),
  workerd("slim", "workerd-slim.js", CORE),
  edgeLight,
];
