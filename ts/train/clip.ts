import { LSTMError } from "../errors.js";
import { checkBoolean, checkObject } from "../options.js";
import type { Parameter } from "../parameter.js";
import { checkParameters, checkRate } from "./optimizer.js";

/**
 * `torch.nn.utils.clip_grad_norm_`: scales all gradients so that their common 2-norm is at most `maxNorm`.
 *
 * @returns the norm before
 * @throws LSTMError `OPTION` if there are no parameters, or `errorIfNonfinite` and the norm is not finite
 */
export function clipGradNorm(
  parameters: Iterable<Parameter>,
  maxNorm: number,
  options: { errorIfNonfinite?: boolean | undefined } = {},
): number {
  const { errorIfNonfinite = false } = checkObject("clipGradNorm", options, ["errorIfNonfinite"]);
  checkBoolean("errorIfNonfinite", errorIfNonfinite);
  const list = checkParameters("clipGradNorm", parameters);
  checkRate("maxNorm", maxNorm);
  let squares = 0;
  for (const { home, index } of list) home.uploadGradients(index);
  for (const { home, index } of list) squares += home.instance.kernels.gradientSquares(home.family, home.id, index);
  const norm = Math.sqrt(squares);
  if (errorIfNonfinite && !Number.isFinite(norm)) {
    throw new LSTMError("OPTION", `clipGradNorm: the norm of the gradients is ${norm}; nothing was scaled`);
  }
  const factor = maxNorm / (norm + 1e-6);
  // A NaN spreads, as in PyTorch.
  if (!(factor >= 1)) {
    for (const { home, index } of list) {
      home.instance.kernels.gradientScale(home.family, home.id, index, factor);
      home.downloadGradients(index);
    }
  }
  return norm;
}

/**
 * `torch.nn.utils.clip_grad_value_`: brings every value of every gradient within ± `clipValue`.
 *
 * @throws LSTMError `OPTION` if there are no parameters
 */
export function clipGradValue(parameters: Iterable<Parameter>, clipValue: number): void {
  const list = checkParameters("clipGradValue", parameters);
  checkRate("clipValue", clipValue);
  for (const { home, index } of list) {
    home.uploadGradients(index);
    home.instance.kernels.gradientClamp(home.family, home.id, index, clipValue);
    home.downloadGradients(index);
  }
}
