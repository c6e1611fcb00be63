/**
 * `lstm-wasm/slim`: the same API, without the WebAssembly inside. `init` gives it the module.
 *
 * @packageDocumentation
 */
export * from "./index.js";
export { type CompiledModule, type FetchedModule, init, type ModuleSource } from "./wasm/loaders/slim.js";
