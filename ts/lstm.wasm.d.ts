/**
 * `lstm-wasm/lstm.wasm`: the WebAssembly module itself, for `init` of `lstm-wasm/slim`.
 *
 * @packageDocumentation
 */
import type { CompiledModule } from "./wasm/loaders/slim.js";

/** Where `.wasm` files are imported as compiled modules, as in Cloudflare's workers. */
declare const module: CompiledModule;
export default module;
