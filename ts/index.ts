/**
 * PyTorch's `nn.LSTM`, exact, as SIMD WebAssembly.
 *
 * @packageDocumentation
 */

export { LSTMError, type LSTMErrorCode } from "./errors.js";
export { LSTM } from "./lstm.js";
export { LSTMCell } from "./lstm-cell.js";
export type { LSTMCellOptions, LSTMOptions } from "./options.js";
export { type Lengths, PackedSequence, type PackedSequenceLike } from "./packed-sequence.js";
export { type PaddingOptions, packPaddedSequence, packSequence, padPackedSequence, padSequence } from "./padding.js";
export type { Parameter } from "./parameter.js";
export type { BackwardOptions } from "./pending.js";
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
export type { MemoryLayout } from "./strided.js";
export {
  type NestedArray,
  Tensor,
  type TensorInput,
  type TensorJSON,
  type TensorLike,
} from "./tensor.js";
