import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as runtime from "onnxruntime-web/wasm";
import { onnxruntimeWeb } from "../../../../../bench/contestants/onnx.js";

runtime.env.wasm.wasmPaths = { wasm };

export const contestants = [onnxruntimeWeb(runtime)];
