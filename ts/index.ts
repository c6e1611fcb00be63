/**
 * PyTorch's `nn.LSTM`, exact, as SIMD WebAssembly.
 *
 * @packageDocumentation
 */

export type { ArrayOfRank, NestedNumbers } from "./arrays.js";
export { LSTMError, type LSTMErrorCode } from "./errors.js";
export { LSTM } from "./lstm.js";
export { LSTMCell } from "./lstm-cell.js";
export type { LSTMCellOptions, LSTMOptions } from "./options.js";
export {
  type Lengths,
  PackedSequence,
  type PaddingOptions,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
} from "./packed-sequence.js";
export type { Parameter } from "./parameter.js";
export type {
  ForwardOptions,
  GradientNorms,
  Gradients,
  GradState,
  LayerTrace,
  Result,
  StateInput,
  Trace,
  Traced,
  TraceOptions,
} from "./results.js";
export type { LoadOptions, LoadResult, StateDict } from "./state-dict.js";
export type { LSTMStream, StreamOptions, StreamState } from "./stream.js";
export { type NestedArray, Tensor, type TensorInput, type TensorLike } from "./tensor.js";
