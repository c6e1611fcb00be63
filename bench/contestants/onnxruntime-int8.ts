/**
 * onnxruntime's DynamicQuantizeLSTM: weights of int8, and activations that it rounds to 8 bits at each call. It has no such
 * operator for GRU and RNN.
 */
import * as nodeRuntime from "onnxruntime-node";
import * as webRuntime from "onnxruntime-web";
import type { Contestant } from "../contestant.js";
import { type Onnxruntime, onnxRunner } from "./onnx.js";
import { onnxruntimeNode } from "./onnxruntime-node.js";
import { web } from "./onnxruntime-web.js";

function int8(float: Contestant, runtime: Onnxruntime): Contestant {
  return {
    ...float,
    name: `${float.name} int8`,
    tolerance: 0.1, // 8 bits of activations do as much
    supports: ({ kind, cell }) => kind !== "train" && cell === "LSTM",
    prepare: (one, data) => onnxRunner(runtime, one, data, true),
  };
}

export const onnxruntimeWebInt8 = int8(web, webRuntime);
export const onnxruntimeNodeInt8 = int8(onnxruntimeNode, nodeRuntime);
