import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

export interface Server {
  /** `http://localhost:port`: browsers give AudioWorklets to localhost as to https. */
  readonly address: string;
  close(): void;
}

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Without another origin in them, pages get clocks of microseconds; else of a millisecond in Firefox and WebKit. */
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Pages whose Content-Security-Policy is the test. */
const POLICIES: Record<string, string> = {
  "/strict.html": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
  "/no-wasm.html": "default-src 'none'; script-src 'self'",
};

/** Serves the files of a folder. */
export function serve(folder: string): Promise<Server> {
  const server = createServer(({ url = "/" }, response) => {
    const path = normalize(new URL(url, "http://localhost").pathname);
    const policy = POLICIES[path];
    try {
      const body = readFileSync(join(folder, path));
      response.writeHead(200, {
        "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
        ...ISOLATED,
        ...(policy === undefined ? {} : { "Content-Security-Policy": policy }),
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => {
    server.listen(0, "localhost", () => {
      const { port } = server.address() as AddressInfo;
      resolve({ address: `http://localhost:${port}`, close: () => server.close() });
    });
  });
}
