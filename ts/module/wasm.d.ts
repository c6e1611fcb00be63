// What scripts/build.mjs provides, or leaves to an edge runtime.
/** The module as text. */
declare const WASM_TEXT: string;
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
