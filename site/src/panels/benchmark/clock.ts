const CHANGES = 20;
/** Milliseconds after which the clock has been watched for long enough. */
const PATIENCE = 200;

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
