import { SLICE } from "../../../../bench/harness.js";

/** So many steps of the clock are in a slice, which then errs by a fiftieth. */
const STEPS_IN_SLICE = 50;
/** Milliseconds. */
const LONGEST_SLICE = 100;
const CHANGES = 20;
/** Milliseconds after which the clock has been watched for long enough. */
const PATIENCE = 200;

/** Milliseconds of a slice by a clock with such steps. @param shortest what is long enough for a perfect clock */
export function sliceFor(clock: number, shortest = SLICE): number {
  return Math.max(shortest, Math.min(LONGEST_SLICE, STEPS_IN_SLICE * clock));
}

/**
 * The smallest step of `performance.now()` in milliseconds. Browsers blur this clock, some by a millisecond, because a fine one
 * helps pages to spy on others.
 */
export function clockStep(): number {
  const start = performance.now();
  let [last, least] = [start, PATIENCE];
  for (let change = 0; change < CHANGES && last - start < PATIENCE; ) {
    const now = performance.now();
    if (now === last) continue;
    least = Math.min(least, now - last);
    last = now;
    change++;
  }
  return least;
}
