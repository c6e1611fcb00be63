import text from "./lstm.wasm.js";
import { readText } from "./text.js";

/**
 * The module out of the JavaScript itself, compiled when it is first needed: no fetch, no asset path, no bundler plugin.
 */
export function loadModule(): WebAssembly.Module {
  return new WebAssembly.Module(readText(text));
}
