import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkObject } from "../checks/options.js";
import { sameValues, tensorOfShape } from "../tensor/shape.js";
import { asTensor, Tensor, type TensorInput } from "../tensor/tensor.js";
import { isMean, type Loss, type Reduction } from "./loss.js";

/** Options of the losses that compare numbers. */
export interface RegressionOptions {
  /** Whether the loss is the mean over all values that count, or their sum; the mean by default. */
  reduction?: Reduction | undefined;
  /**
   * Which values count: 1 for those that do and 0 for those that do not, as the steps after a sequence's end. Shaped as the
   * input, or as the input without its last dimension.
   */
  mask?: TensorInput | undefined;
}

/**
 * `torch.nn.functional.mse_loss`: the squared differences `(input - target)²`.
 *
 * @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `OPTION`
 */
export function mseLoss(input: TensorInput, target: TensorInput, options: RegressionOptions = {}): Loss {
  const known = ["reduction", "mask"];
  return compare("mseLoss", input, target, checkObject("mseLoss", options, known), (difference) => ({
    loss: difference * difference,
    slope: 2 * difference,
  }));
}

/**
 * `torch.nn.functional.l1_loss`: the absolute differences `|input - target|`.
 *
 * @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `OPTION`
 */
export function l1Loss(input: TensorInput, target: TensorInput, options: RegressionOptions = {}): Loss {
  const known = ["reduction", "mask"];
  return compare("l1Loss", input, target, checkObject("l1Loss", options, known), (difference) => ({
    loss: Math.abs(difference),
    slope: Math.sign(difference),
  }));
}

/**
 * `torch.nn.functional.huber_loss`: half the squared difference where that is at most `delta` (1 by default) in magnitude,
 * beyond it `delta (|input - target| - delta / 2)`.
 *
 * @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `OPTION`
 */
export function huberLoss(
  input: TensorInput,
  target: TensorInput,
  options: RegressionOptions & { delta?: number | undefined } = {},
): Loss {
  const given = checkObject("huberLoss", options, ["reduction", "mask", "delta"]);
  const { delta = 1 } = given;
  if (typeof delta !== "number" || !(delta > 0 && delta < Infinity)) {
    throw mustBe("OPTION", "delta", "a finite number greater than 0", delta);
  }
  return compare("huberLoss", input, target, given, (difference) => {
    const magnitude = Math.abs(difference);
    if (magnitude <= delta) return { loss: 0.5 * difference * difference, slope: difference };
    return { loss: delta * (magnitude - 0.5 * delta), slope: delta * Math.sign(difference) };
  });
}

/** The loss of all values that count, and its gradient; sums in float64, in order. */
function compare(
  owner: string,
  input: TensorInput,
  target: TensorInput,
  options: Record<string, unknown>,
  of: (difference: number) => { loss: number; slope: number },
): Loss {
  const mean = isMean(options.reduction);
  const { data, shape } = asTensor("input", input);
  const wanted = tensorOfShape("target", target, shape).data;
  const counts = options.mask === undefined ? undefined : readMask(owner, options.mask, shape);
  const share = mean ? 1 / (counts?.total ?? data.length) : 1;
  const gradient = new Float32Array(data.length);
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    // What does not count may be anything, NaN too.
    if (counts !== undefined && !counts.at(i)) continue;
    const { loss, slope } = of((data[i] as number) - (wanted[i] as number));
    sum += loss;
    gradient[i] = slope * share;
  }
  return { loss: sum * share, gradient: new Tensor(gradient, shape) };
}

function readMask(owner: string, mask: unknown, shape: readonly number[]) {
  const { data, shape: own } = asTensor("mask", mask);
  const whole = sameValues(own, shape);
  const rows = shape.length > 0 && sameValues(own, shape.slice(0, -1));
  if (!whole && !rows) {
    const expected = [shapeText(shape), ...(shape.length > 0 ? [shapeText(shape.slice(0, -1))] : [])].join(" or ");
    throw new LSTMError("SHAPE_MISMATCH", `${owner}: expected mask of shape ${expected}, got ${shapeText(own)}`);
  }
  const columns = whole ? 1 : (shape[shape.length - 1] as number);
  const wrong = data.findIndex((value) => value !== 0 && value !== 1);
  if (wrong >= 0)
    throw new LSTMError("OPTION", `${owner}: mask must hold 0 and 1, got ${data[wrong]} at position ${wrong}`);
  const total = columns * data.reduce((sum, value) => sum + value, 0);
  return { total, at: (index: number) => data[Math.floor(index / columns)] === 1 };
}
