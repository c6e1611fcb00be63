import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkBoolean, checkObject } from "../checks/options.js";
import type { Parameter } from "../parameters/parameter.js";
import { readParameters } from "./parameter-arguments.js";

/**
 * `torch.nn.utils.clip_grad_norm_`: scales all gradients so that their common norm is at most `maxNorm`. With a `maxNorm`
 * of Infinity it only reads the norm, and scales nothing.
 *
 * @param options.normType which norm: 2 by default, 1, Infinity (the largest magnitude), or any other p above 0
 * @returns the norm before
 * @throws LSTMError `OPTION` if there are no parameters, or `errorIfNonfinite` and the norm is not finite
 */
export function clipGradNorm(
  parameters: Iterable<Parameter>,
  maxNorm: number,
  options: { normType?: number | undefined; errorIfNonfinite?: boolean | undefined } = {},
): number {
  const given = checkObject("clipGradNorm", options, ["normType", "errorIfNonfinite"]);
  const p = checkLimit("normType", given.normType ?? 2);
  if (p === 0) throw new LSTMError("OPTION", "normType must be more than 0, got 0");
  const strict = checkBoolean("errorIfNonfinite", given.errorIfNonfinite ?? false);
  checkLimit("maxNorm", maxNorm);
  const list = readParameters("clipGradNorm", parameters);
  const norm = p === 2 ? Math.sqrt(sumOfSquares(list)) : normOf(list, p);
  if (strict && !Number.isFinite(norm)) {
    throw new LSTMError("OPTION", `clipGradNorm: the norm of the gradients is ${norm}; nothing was scaled`);
  }
  const factor = maxNorm / (norm + 1e-6);
  // A NaN spreads, as in PyTorch.
  if (maxNorm < Infinity && !(factor >= 1)) scale(list, factor);
  return norm;
}

/**
 * `torch.nn.utils.clip_grad_value_`: brings every value of every gradient within ± `clipValue`.
 *
 * @throws LSTMError `OPTION` if there are no parameters
 */
export function clipGradValue(parameters: Iterable<Parameter>, clipValue: number): void {
  checkLimit("clipValue", clipValue);
  const list = readParameters("clipGradValue", parameters);
  for (const { object, index } of list) {
    object.uploadGradients(index);
    object.instance.kernels.gradientClamp(object.family, object.id, index, clipValue);
    object.downloadGradients(index);
  }
}

/** In float64, which the squares of float32 numbers do not overflow. */
function sumOfSquares(parameters: readonly Parameter[]): number {
  let sum = 0;
  for (const { object, index } of parameters) {
    object.uploadGradients(index);
    sum += object.instance.kernels.gradientSquares(object.family, object.id, index);
  }
  return sum;
}

function scale(parameters: readonly Parameter[], factor: number): void {
  // Gradients may be so huge that float32 has too few digits for their factor: two steps then.
  const steps = factor > 0 && factor < 2 ** -100 ? [2 ** -60, factor * 2 ** 60] : [factor];
  for (const { object, index } of parameters) {
    object.uploadGradients(index);
    for (const step of steps) object.instance.kernels.gradientScale(object.family, object.id, index, step);
    object.downloadGradients(index);
  }
}

/** A norm other than the 2-norm; NaN if a gradient is. */
function normOf(parameters: readonly Parameter[], p: number): number {
  const gradients = parameters.map(({ object, index }) => {
    object.uploadGradients(index);
    return object.gradient(index)?.slice() ?? new Float32Array(0);
  });
  let largest = 0;
  for (const gradient of gradients) for (const g of gradient) largest = Math.max(largest, Math.abs(g));
  if (p === Infinity || largest === 0 || !(largest < Infinity)) return largest;
  // Fractions of the largest: their powers do not overflow, whatever p is.
  let sum = 0;
  for (const gradient of gradients) {
    for (const g of gradient) sum += p === 1 ? Math.abs(g) : (Math.abs(g) / largest) ** p;
  }
  return p === 1 ? sum : largest * sum ** (1 / p);
}

/** A number from 0 on, which may be Infinity. */
function checkLimit(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0) return value;
  throw mustBe("OPTION", name, "a number from 0 on", value);
}
