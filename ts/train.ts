/**
 * `lstm-wasm/train`: what training needs beside the model, by PyTorch's names and rules: losses, optimisers, schedules,
 * clipping, first values, batches and checkpoints.
 *
 * @packageDocumentation
 */
export { type Batches, type BucketOptions, lengthBuckets } from "./train/batch.js";
export { type Checkpoint, loadCheckpoint, type Stateful, saveCheckpoint } from "./train/checkpoint.js";
export { clipGradNorm, clipGradValue } from "./train/clip.js";
/**
 * `torch.nn.init`: first values of parameters. Each takes a parameter, writes it, and draws from a seed of its own: with one
 * the uniform values are those after `torch.manual_seed(seed)`, to the bit, and the normal ones equal to rounding.
 *
 * All throw an LSTMError `OPTION` for what is no parameter and for an option out of range, and `DISPOSED`; those by
 * Glorot and Bengio, He, and Saxe `SHAPE_MISMATCH` for a parameter that is no matrix (rows, columns).
 */
export * as init from "./train/init.js";
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
