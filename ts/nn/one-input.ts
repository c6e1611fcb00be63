import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";

/** Refuses what stands after the one input of a forward: ignored, it would be missed only in the results. */
export function checkOneInput(module: object, more: readonly unknown[]): void {
  const extra = more.find((value) => value !== undefined && value !== null);
  if (extra === undefined) return;
  const cure =
    "Lengths are packed with the input, forward(packPaddedSequence(input, lengths)); a state goes to the LSTM's own forward";
  throw new LSTMError(
    "OPTION",
    `${module.constructor.name}.forward takes one input, and got ${describe(extra)} after it. ${cure}`,
  );
}
