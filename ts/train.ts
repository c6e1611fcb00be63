/**
 * `lstm-wasm/train`: what training needs around the LSTM, by PyTorch's names and rules.
 *
 * @packageDocumentation
 */
export { Module } from "./module.js";
export { argmax, cat, logSoftmax, sigmoid, softmax, stack } from "./nn/functions.js";
export { Last, type LastOptions } from "./nn/last.js";
export { LayerNorm, type LayerNormOptions } from "./nn/layer-norm.js";
export { Softmax, type SoftmaxOptions } from "./nn/softmax.js";
export { OwnParameter as Parameter } from "./own-parameter.js";
export type { BackwardOptions } from "./pending.js";
export { Dropout, type DropoutOptions, ReLU, Sigmoid, Tanh } from "./train/activation.js";
export { type Batches, type BucketOptions, lengthBuckets, padIndices } from "./train/batch.js";
export { type Checkpoint, loadCheckpoint, type Stateful, saveCheckpoint } from "./train/checkpoint.js";
export { clipGradNorm, clipGradValue } from "./train/clip.js";
export { Embedding, type EmbeddingOptions } from "./train/embedding.js";
export type { IndexInput, Indices, NestedIndices } from "./train/indices.js";
export * as init from "./train/init.js";
export { Linear, type LinearOptions } from "./train/linear.js";
export {
  type BinaryCrossEntropyOptions,
  binaryCrossEntropyWithLogits,
  type CrossEntropyOptions,
  crossEntropy,
  type Loss,
  type Reduction,
} from "./train/loss.js";
export type { Optimizer, OptimizerState, ParamGroup, ParamGroupOptions, SavedGroup } from "./train/optimizer.js";
export {
  Adam,
  type AdamOptions,
  AdamW,
  RMSprop,
  type RMSpropOptions,
  SGD,
  type SGDOptions,
} from "./train/optimizers.js";
export { type PlateauOptions, ReduceLROnPlateau } from "./train/plateau.js";
export { huberLoss, l1Loss, mseLoss, type RegressionOptions } from "./train/regression.js";
export {
  CosineAnnealingLR,
  ExponentialLR,
  LinearLR,
  MultiStepLR,
  type ScheduleState,
  StepLR,
} from "./train/schedule.js";
export { Sequential } from "./train/sequential.js";
