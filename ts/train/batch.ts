import { mustBe } from "../checks/must-be.js";
import { checkBoolean, checkInteger, checkObject, checkSeed } from "../checks/options.js";
import { Mt19937, randomSeed } from "../tensor/random.js";

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
 * @param lengths of all samples, in steps: integers from 0 on
 * @returns positions in `lengths`, batch by batch
 * @throws LSTMError `OPTION` for another length or option
 */
export function lengthBuckets(lengths: ArrayLike<number>, options: BucketOptions): Batches {
  const given = checkObject("lengthBuckets", options, ["batchSize", "shuffle", "seed", "dropLast"]);
  const batchSize = checkInteger("batchSize", given.batchSize, 1);
  const random = checkBoolean("shuffle", given.shuffle ?? true)
    ? new Mt19937(checkSeed(given.seed) ?? randomSeed())
    : undefined;
  const dropLast = checkBoolean("dropLast", given.dropLast ?? false);
  if (typeof Object(lengths).length !== "number" || typeof lengths === "string") {
    throw mustBe("OPTION", "lengths", "an array of integers", lengths);
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
