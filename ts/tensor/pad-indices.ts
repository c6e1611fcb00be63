import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkBoolean, checkInteger, checkObject } from "../checks/options.js";
import { INTEGERS, zeros } from "./elements.js";
import { asIndices, type Indices } from "./indices.js";

/**
 * Sequences of indices in one rectangle, (longest, batch) or with `batchFirst` (batch, longest), `paddingValue` (0) after
 * each one's end: an Embedding's `paddingIdx`, or for targets crossEntropy's `ignoreIndex`.
 *
 * @throws LSTMError `DTYPE` for what are no integers, `SHAPE_MISMATCH` for a sequence of more dimensions; `OPTION`
 */
export function padIndices(
  sequences: readonly (Int32Array | readonly number[])[],
  options: { batchFirst?: boolean | undefined; paddingValue?: number | undefined } = {},
): Indices {
  const given = checkObject("padIndices", options, ["batchFirst", "paddingValue"]);
  const batchFirst = checkBoolean("batchFirst", given.batchFirst ?? false);
  const padding = checkInteger("paddingValue", given.paddingValue ?? 0, -(2 ** 31));
  if (!Array.isArray(sequences)) {
    throw mustBe("OPTION", "sequences", "an array of sequences", sequences);
  }
  const rows = Array.from(sequences, (sequence, index) => {
    const { data, shape } = asIndices(`sequences[${index}]`, sequence);
    if (shape.length === 1) return data;
    throw new LSTMError("SHAPE_MISMATCH", `sequences[${index}] must have one dimension, got shape ${shapeText(shape)}`);
  });
  const [batch, longest] = [rows.length, rows.reduce((most, { length }) => Math.max(most, length), 0)];
  const shape = batchFirst ? [batch, longest] : [longest, batch];
  const data = zeros(INTEGERS, shape).fill(padding);
  for (const [b, row] of rows.entries()) {
    for (const [t, index] of row.entries()) data[batchFirst ? b * longest + t : t * batch + b] = index;
  }
  return { data, shape };
}
