import base64 from "#wasm-base64";

/**
 * The module out of the JavaScript itself, compiled when it is first needed: no fetch, no asset path, no bundler plugin.
 * Decoded by hand, because AudioWorklets have no atob.
 */
export function loadModule(): WebAssembly.Module {
  return new WebAssembly.Module(decodeBase64(base64));
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const value = new Uint8Array(128);
  for (let index = 0; index < 64; index++) value[alphabet.charCodeAt(index)] = index;
  const bytes = new Uint8Array((text.replace(/=+$/, "").length * 3) >> 2);
  for (let from = 0, to = 0; to < bytes.length; from += 4) {
    // "=" decodes to 0, and what it adds past the end is not stored.
    const [a, b, c, d] = [0, 1, 2, 3].map((offset) => value[text.charCodeAt(from + offset)] as number) as Four;
    bytes[to++] = (a << 2) | (b >> 4);
    bytes[to++] = (b << 4) | (c >> 2);
    bytes[to++] = (c << 6) | d;
  }
  return bytes;
}

type Four = [number, number, number, number];
