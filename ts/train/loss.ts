import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { checkInteger, checkObject, checkProbability, checkWord } from "../checks/options.js";
import { asIndices, checkRange, type IndexInput } from "../tensor/indices.js";
import { sameValues, tensorOfShape } from "../tensor/shape.js";
import { asTensor, product, Tensor, type TensorInput } from "../tensor/tensor.js";
import { workspace } from "../wasm/workspace.js";

/** A loss, and the gradient of its input to hand to `backward`. */
export interface Loss {
  /** The loss itself. */
  readonly loss: number;
  /** dL/d(input), shaped as the input. */
  readonly gradient: Tensor;
}

/** Whether the loss is the mean over all that counts, or the sum; the mean by default. */
export type Reduction = "mean" | "sum";

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /** Rows of this class count nothing; -100 by default. */
  ignoreIndex?: number | undefined;
  /** How much of each target goes evenly to all classes; 0 by default. */
  labelSmoothing?: number | undefined;
  /** What each class counts, (C); the mean is over these weights. */
  weight?: TensorInput | undefined;
  /** "mean" by default. */
  reduction?: Reduction | undefined;
}

/**
 * `torch.nn.functional.cross_entropy` of logits (..., C) against class numbers (...). The classes come last, whatever
 * the rank, where PyTorch has them second: output of shape (seq, batch, C) goes in as it is.
 *
 * @throws LSTMError `OPTION` that names a target out of range; `SHAPE_MISMATCH`, `DTYPE`, `OUT_OF_MEMORY`
 */
export function crossEntropy(input: TensorInput, target: IndexInput | number, options: CrossEntropyOptions = {}): Loss {
  const known = ["ignoreIndex", "labelSmoothing", "weight", "reduction"];
  const given = checkObject("crossEntropy", options, known);
  const ignored = checkInteger("ignoreIndex", given.ignoreIndex ?? -100, -(2 ** 31));
  const smoothing = checkProbability("labelSmoothing", given.labelSmoothing ?? 0);
  const mean = isMean(given.reduction);
  const { data, shape } = asTensor("input", input);
  const classes = shape[shape.length - 1] ?? 0;
  if (classes === 0) {
    throw new LSTMError("SHAPE_MISMATCH", `input must have the classes in its last dimension, got ${shapeText(shape)}`);
  }
  const leading = shape.slice(0, -1);
  const wanted =
    typeof target === "number" ? { ...asIndices("target", [target]), shape: [] } : asIndices("target", target);
  if (!sameValues(wanted.shape, leading)) {
    const got = `Expected ${shapeText(leading)}, got ${shapeText(wanted.shape)}`;
    throw new LSTMError("SHAPE_MISMATCH", `target must have the shape of the input without its classes. ${got}`);
  }
  checkRange("target", wanted, classes, "a class", ignored);
  const weight = given.weight === undefined ? undefined : tensorOfShape("weight", given.weight, [classes]).data;

  const { kernels, floats, words, ...at } = workspace(product(leading), classes);
  floats.set(data, at.input);
  words.set(wanted.data, at.classes);
  if (weight === undefined) floats.fill(1, at.weights, at.weights + classes);
  else floats.set(weight, at.weights);
  const loss = kernels.lossCrossEntropy(classes, smoothing, ignored, mean);
  return { loss, gradient: read(floats, at.input, shape) };
}

/** Options of `binaryCrossEntropyWithLogits`. */
export interface BinaryCrossEntropyOptions {
  /** What a positive target counts, for each entry of the last dimension; 1 by default. */
  posWeight?: TensorInput | undefined;
  /** "mean" by default. */
  reduction?: Reduction | undefined;
}

/**
 * `torch.nn.functional.binary_cross_entropy_with_logits` of logits against probabilities of the same shape.
 *
 * @throws LSTMError `OPTION` that names a target outside 0 to 1; `SHAPE_MISMATCH`, `DTYPE`, `OUT_OF_MEMORY`
 */
export function binaryCrossEntropyWithLogits(
  input: TensorInput,
  target: TensorInput,
  options: BinaryCrossEntropyOptions = {},
): Loss {
  const given = checkObject("binaryCrossEntropyWithLogits", options, ["posWeight", "reduction"]);
  const mean = isMean(given.reduction);
  const { data, shape } = asTensor("input", input);
  const wanted = tensorOfShape("target", target, shape).data;
  const wrong = wanted.findIndex((value) => !(value >= 0 && value <= 1));
  if (wrong >= 0) {
    throw new LSTMError(
      "OPTION",
      `target must be probabilities from 0 to 1, got ${wanted[wrong]} at position ${wrong}`,
    );
  }
  const columns = shape[shape.length - 1] ?? 1;
  const weight =
    given.posWeight === undefined ? undefined : tensorOfShape("posWeight", given.posWeight, [columns]).data;
  const { kernels, floats, ...at } = workspace(columns === 0 ? 0 : data.length / columns, columns);
  floats.set(data, at.input);
  floats.set(wanted, at.target);
  if (weight === undefined) floats.fill(1, at.weights, at.weights + columns);
  else floats.set(weight, at.weights);
  const loss = columns === 0 ? NaN : kernels.lossBinaryCrossEntropy(columns, mean);
  return { loss, gradient: read(floats, at.input, shape) };
}

const read = (floats: Float32Array, at: number, shape: readonly number[]): Tensor =>
  new Tensor(floats.slice(at, at + product(shape)), shape);

/** Whether a loss is a mean rather than a sum. */
export function isMean(reduction: unknown = "mean"): boolean {
  return checkWord("reduction", reduction, ["mean", "sum"]) === "mean";
}
