import * as runtime from "onnxruntime-node";
import type { Contestant } from "../contestant.js";
import { onnxRunner } from "./onnx.js";
import { versionOf } from "./versions.js";

/** The native library, on one thread. It does not train. */
export const onnxruntimeNode: Contestant = {
  name: "onnxruntime-node",
  version: versionOf("onnxruntime-node"),
  supports: ({ kind }) => kind !== "train",
  prepare: (one, data) => onnxRunner(runtime, one, data),
};
