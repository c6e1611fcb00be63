/**
 * onnxruntime's DynamicQuantizeLSTM: weights of int8, and activations that it rounds to 8 bits at each call. It has no such
 * operator for GRU and RNN.
 */
import type * as Runtime from "onnxruntime-node";
import * as node from "onnxruntime-node";
import * as web from "onnxruntime-web";
import type { Contestant } from "../contestant.js";
import { onnxRunner } from "./onnx.js";
import { onnxruntimeNode } from "./onnxruntime-node.js";
import { onnxruntimeWeb } from "./onnxruntime-web.js";

const int8 = ({ name, version }: Contestant, runtime: Pick<typeof Runtime, "InferenceSession" | "Tensor" | "env">) => {
  return {
    name: `${name} int8`,
    version,
    tolerance: 0.1, // 8 bits of activations do as much
    supports: ({ kind, cell }) => kind !== "train" && cell === "LSTM",
    prepare: (one, data) => onnxRunner(runtime, one, data, true),
  } satisfies Contestant;
};

export const onnxruntimeWebInt8 = int8(onnxruntimeWeb, web);
export const onnxruntimeNodeInt8 = int8(onnxruntimeNode, node);
