import * as runtime from "onnxruntime-web";
import type { Contestant } from "../contestant.js";
import { onnxRunner } from "./onnx.js";
import { versionOf } from "./versions.js";

// Both are what it does in Node anyway; said here so that it is one thread in this one for certain.
runtime.env.wasm.numThreads = 1;
runtime.env.wasm.proxy = false;

/** SIMD WebAssembly on one thread. It has not trained since 1.19. */
export const onnxruntimeWeb: Contestant = {
  name: "onnxruntime-web",
  version: versionOf("onnxruntime-web"),
  supports: ({ kind }) => kind !== "train",
  prepare: (one, data) => onnxRunner(runtime, one, data),
};
