import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installPackages } from "../../scripts/packages.mjs";
import { bundle, type WorkerModule } from "./bundle.js";

/** The worker at work in workerd, Cloudflare's runtime, on this machine. */
export interface Runtime {
  readonly ready: Promise<URL>;
  dispatchFetch(url: string, init?: RequestInit & { duplex?: "half" }): Promise<Response>;
  dispose(): Promise<void>;
}

/** As in wrangler.jsonc. */
const COMPATIBILITY = { compatibilityDate: "2026-01-01", compatibilityFlags: ["enable_request_signal"] };

/** @param port 0 is any free one */
export async function start(port: number): Promise<Runtime> {
  installPackages("examples/worker", "10 s");
  // Only now is it there to be found; that is also why it has no types here.
  const path = createRequire(join(import.meta.dirname, "package.json")).resolve("miniflare");
  const { Miniflare } = (await import(pathToFileURL(path).href)) as { Miniflare: new (options: Options) => Runtime };
  const modules = await bundle();
  return new Miniflare({ modules, ...COMPATIBILITY, host: "127.0.0.1", port });
}

interface Options {
  readonly modules: readonly WorkerModule[];
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly host: string;
  readonly port: number;
}
