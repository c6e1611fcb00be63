/**
 * Sigmoid and tanh to float32's precision without a call: V8's Math.exp and Math.tanh are calls into C++ and take most
 * of the time of a small step.
 */

/** 2^(n - 1024) */
const POWERS = Float64Array.from({ length: 2048 }, (_, n) => 2 ** (n - 1024));

/** exp(x) = 2^n exp(r), |r| <= ln(2) / 2, by Taylor's series to r^7 (relative error 6e-9); x is clamped to +-700. */
function exp(x: number): number {
  const clamped = Math.max(-700, Math.min(700, x));
  const n = (clamped * Math.LOG2E + 1024.5) | 0;
  const r = clamped - (n - 1024) * Math.LN2;
  const low = 1 + r * (1 + r * (1 / 2 + r * (1 / 6)));
  const square = r * r;
  const high = 1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040)));
  return (low + square * square * high) * (POWERS[n] as number);
}

export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}

/** In doubles the cancellation near 0 costs nothing that a float32 could show. */
export function tanh(x: number): number {
  return 1 - 2 / (exp(2 * x) + 1);
}
