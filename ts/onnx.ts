/**
 * `lstm-wasm/onnx`: the LSTMs, GRUs and RNNs of [ONNX](https://onnx.ai) models, and models of these.
 *
 * @packageDocumentation
 */
export type { OnnxAttributes } from "./formats/onnx/layer.js";
export {
  type CreateOptions,
  type LoadOptions,
  load,
  type OnnxLayer,
  type OnnxModel,
} from "./formats/onnx/load.js";
export { type SaveOptions, save } from "./formats/onnx/save.js";
