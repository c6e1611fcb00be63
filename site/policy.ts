/** The built page's Content-Security-Policy: the browser itself sees to it that nothing leaves the machine. */
import type { Plugin } from "vite";

/** What the page may load, by the policy's own names. Everything comes from the page's own host, or from its memory. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  "default-src": "'none'",
  // WebAssembly is compiled from bytes. No script is made of text.
  "script-src": "'self' 'wasm-unsafe-eval'",
  // fetch, WebSocket, sendBeacon: to the host of the page only, for its models.
  "connect-src": "'self'",
  // A worker from a blob inherits this policy (src/worker.ts).
  "worker-src": "'self' blob:",
  "style-src": "'self'",
  "img-src": "'self' data: blob:",
  "font-src": "'self'",
  "media-src": "'self' blob:",
  "base-uri": "'none'",
  "form-action": "'none'",
};

/**
 * Writes the policy into the page, before anything that loads. Only into the built one: while one works on the page, Vite
 * reloads it through a WebSocket and scripts inside of the page.
 */
export function contentSecurityPolicy(): Plugin {
  const content = Object.entries(DIRECTIVES)
    .map((directive) => directive.join(" "))
    .join("; ");
  return {
    name: "content-security-policy",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content }, injectTo: "head-prepend" },
    ],
  };
}
