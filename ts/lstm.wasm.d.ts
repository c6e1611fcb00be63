import type { CompiledModule } from "./wasm/loaders/slim.js";

/** `lstm-wasm/lstm.wasm`, where `.wasm` files are imported as compiled modules, as in Cloudflare's workers. */
declare const module: CompiledModule;
export default module;
