import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import { env } from "@tensorflow/tfjs-core";
import { tfjs } from "../../../../../bench/contestants/tfjs-backends.js";

env().set("WASM_HAS_MULTITHREAD_SUPPORT", false); // one thread, as everyone
// It asks for the addresses of all three files. Whoever runs lstm-wasm has simd128, and loads this one.
setWasmPaths({
  "tfjs-backend-wasm.wasm": simd,
  "tfjs-backend-wasm-simd.wasm": simd,
  "tfjs-backend-wasm-threaded-simd.wasm": simd,
});

export const contestants = tfjs;
