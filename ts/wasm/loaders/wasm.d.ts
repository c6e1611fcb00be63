// What scripts/build.mjs provides, or leaves to an edge runtime.
/** The module as text, which scripts/embed.mjs writes. */
declare module "*/lstm.wasm.js" {
  const text: string;
  export default text;
}
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
