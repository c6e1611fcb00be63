/**
 * PyTorch's `nn.LSTM`, `nn.GRU` and `nn.RNN`, exact, as SIMD WebAssembly.
 *
 * @packageDocumentation
 */

export { LSTMError, type LSTMErrorCode } from "./checks/errors.js";
export type {
  GRUCellOptions,
  GRUOptions,
  LSTMCellOptions,
  LSTMOptions,
  RNNCellOptions,
  RNNOptions,
} from "./checks/options.js";
export type { Parameter } from "./parameters/parameter.js";
export type { BackwardOptions } from "./parameters/pending.js";
export type { LoadOptions, LoadResult, StateDict } from "./parameters/state-dict.js";
export { GRU } from "./recurrent/gru.js";
export { GRUCell } from "./recurrent/gru-cell.js";
export { LSTM } from "./recurrent/lstm.js";
export { LSTMCell } from "./recurrent/lstm-cell.js";
export type {
  ForwardOptions,
  GRUTraced,
  GradientNorms,
  Gradients,
  GradState,
  LayerTrace,
  Result,
  StateInput,
  Trace,
  Traced,
  TraceOptions,
} from "./recurrent/results.js";
export { RNN } from "./recurrent/rnn.js";
export { RNNCell } from "./recurrent/rnn-cell.js";
export type { GRUStream, LSTMStream, RNNStream, StreamOptions, StreamState } from "./recurrent/stream.js";
export { type Lengths, PackedSequence, type PackedSequenceLike } from "./tensor/packed-sequence.js";
export {
  type PaddingOptions,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
} from "./tensor/padding.js";
export type { Quantization, Weights } from "./tensor/quantization.js";
export type { MemoryLayout } from "./tensor/strided.js";
export {
  type NestedArray,
  Tensor,
  type TensorInput,
  type TensorJSON,
  type TensorLike,
} from "./tensor/tensor.js";
