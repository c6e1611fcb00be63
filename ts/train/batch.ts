import { describe } from "../describe.js";
import { INTEGERS, zeros } from "../elements.js";
import { LSTMError } from "../errors.js";
import { checkBoolean, checkInteger, checkObject } from "../options.js";
import { Mt19937, randomSeed } from "../random.js";
import { asIndices, type Indices } from "./indices.js";
import { checkSeed } from "./layer.js";

/** Batches of positions in the caller's list. */
export type Batches = number[][];

/** How `lengthBuckets` makes batches. */
export interface BucketOptions {
  /** Samples in each batch; the last may have fewer. */
  batchSize: number;
  /** Whether order and ties are by chance; true by default. */
  shuffle?: boolean | undefined;
  /** The same seed makes the same batches. */
  seed?: number | undefined;
  /** Whether a last batch that is not full is left out; false by default. */
  dropLast?: boolean | undefined;
}

/**
 * Samples in batches of similar lengths, so that little is padded: sorted by length, equal lengths in random order, cut
 * into batches, the batches in random order.
 *
 * @param lengths of all samples
 * @returns positions in `lengths`, batch by batch
 */
export function lengthBuckets(lengths: ArrayLike<number>, options: BucketOptions): Batches {
  const given = checkObject("lengthBuckets", options, ["batchSize", "shuffle", "seed", "dropLast"]);
  const batchSize = checkInteger("batchSize", given.batchSize, 1);
  const random = checkBoolean("shuffle", given.shuffle ?? true)
    ? new Mt19937(checkSeed(given.seed) ?? randomSeed())
    : undefined;
  const dropLast = checkBoolean("dropLast", given.dropLast ?? false);
  if (typeof Object(lengths).length !== "number" || typeof lengths === "string") {
    throw new LSTMError("OPTION", `lengths must be an array of integers, got ${describe(lengths)}`);
  }
  const sizes = Array.from(lengths, (length, index) => checkInteger(`lengths[${index}]`, length, 0));
  const order = shuffled(
    sizes.map((_, index) => index),
    random,
  );
  order.sort((a, b) => (sizes[a] as number) - (sizes[b] as number));
  const batches: Batches = [];
  for (let from = 0; from < order.length; from += batchSize) batches.push(order.slice(from, from + batchSize));
  if (dropLast && (batches[batches.length - 1]?.length ?? batchSize) < batchSize) batches.pop();
  return shuffled(batches, random);
}

/** In random order (Fisher and Yates); as it is without a generator. */
function shuffled<T>(items: T[], random: Mt19937 | undefined): T[] {
  if (random === undefined) return items;
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.next() % (last + 1);
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}

/**
 * Sequences of indices in one rectangle, (longest, batch) or with `batchFirst` (batch, longest), `paddingValue` (0) after
 * each one's end: an Embedding's `paddingIdx`, or for targets crossEntropy's `ignoreIndex`.
 */
export function padIndices(
  sequences: readonly (Int32Array | readonly number[])[],
  options: { batchFirst?: boolean | undefined; paddingValue?: number | undefined } = {},
): Indices {
  const given = checkObject("padIndices", options, ["batchFirst", "paddingValue"]);
  const batchFirst = checkBoolean("batchFirst", given.batchFirst ?? false);
  const padding = checkInteger("paddingValue", given.paddingValue ?? 0, -(2 ** 31));
  if (!Array.isArray(sequences)) {
    throw new LSTMError("OPTION", `sequences must be an array of sequences, got ${describe(sequences)}`);
  }
  const rows = Array.from(sequences, (sequence, index) => {
    const { data, shape } = asIndices(`sequences[${index}]`, sequence);
    if (shape.length === 1) return data;
    throw new LSTMError(
      "SHAPE_MISMATCH",
      `sequences[${index}] must have one dimension, got shape [${shape.join(", ")}]`,
    );
  });
  const [batch, longest] = [rows.length, rows.reduce((most, { length }) => Math.max(most, length), 0)];
  const shape = batchFirst ? [batch, longest] : [longest, batch];
  const data = zeros(INTEGERS, shape).fill(padding);
  for (const [b, row] of rows.entries()) {
    for (const [t, index] of row.entries()) data[batchFirst ? b * longest + t : t * batch + b] = index;
  }
  return { data, shape };
}
