import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";

export interface Site {
  readonly url: string;
  close(): void;
}

/** The model that `npm run audio -- --train` makes. */
const OWN_MODEL = join(import.meta.dirname, "data/amplifier.safetensors");

/** Bundles the page and the worklet and serves them, with a model, on this machine alone. Port 0 is any free one. */
export async function serve(port: number, model = OWN_MODEL): Promise<Site> {
  const file = (name: string): string => join(import.meta.dirname, name);
  const { outputFiles } = await build({
    entryPoints: ["page", "worklet", "offline"].map((name) => file(`${name}.ts`)),
    outdir: import.meta.dirname,
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "warning",
    logOverride: { "ignored-bare-import": "silent" }, // of dist/, which as an installed package would be spared it
  });
  const script = (name: string): Content => ({
    type: "text/javascript",
    body: () => outputFiles.find(({ path }) => path === file(name))?.contents ?? "",
  });
  const contents: Record<string, Content> = {
    "/": { type: "text/html; charset=utf-8", body: () => readFileSync(file("index.html")) },
    "/page.js": script("page.js"),
    "/worklet.js": script("worklet.js"),
    "/offline.js": script("offline.js"),
    "/model": { type: "application/octet-stream", body: () => readFileSync(model) },
  };
  const server = createServer(({ url }, response) => {
    const content = contents[url?.split("?")[0] ?? ""];
    response.writeHead(content ? 200 : 404, { ...ISOLATED, "content-type": content?.type ?? "text/plain" });
    response.end(content?.body() ?? "There is no such page.\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Content {
  readonly type: string;
  body(): string | Uint8Array;
}

/** Only pages that are isolated in this way may share memory with their worklets. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
