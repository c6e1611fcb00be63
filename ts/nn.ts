/**
 * `lstm-wasm/nn`: what stands around an LSTM in a whole model, by PyTorch's names: layers, activations, chains, functions,
 * and the base classes of one's own modules.
 *
 * @packageDocumentation
 */

export { Dropout, type DropoutOptions, ReLU, Sigmoid, Tanh } from "./nn/activation.js";
export { calibrate, type Sample } from "./nn/calibrate.js";
export type { Chainable } from "./nn/chain.js";
export { Embedding, type EmbeddingOptions } from "./nn/embedding.js";
export { argmax, cat, logSoftmax, sigmoid, softmax, stack } from "./nn/functions.js";
export { Last, type LastOptions } from "./nn/last.js";
export { LayerNorm, type LayerNormOptions } from "./nn/layer-norm.js";
export { Linear, type LinearOptions } from "./nn/linear.js";
export { dequantize, type QuantizeOptions, quantize } from "./nn/quantize.js";
export { type Part, Sequential } from "./nn/sequential.js";
export { Softmax, type SoftmaxOptions } from "./nn/softmax.js";
export { Module } from "./parameters/module.js";
export { OwnParameter as Parameter } from "./parameters/own-parameter.js";
export type { BackwardOptions } from "./parameters/pending.js";
export type { IndexInput, Indices, NestedIndices } from "./tensor/indices.js";
export { padIndices } from "./tensor/pad-indices.js";
