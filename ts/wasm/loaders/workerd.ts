import module from "../lstm.wasm";

/** Cloudflare's workers forbid compiling bytes; an imported `.wasm` is a module already. */
export function loadModule(): WebAssembly.Module {
  return module;
}
