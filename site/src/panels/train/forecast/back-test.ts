import type { Problem } from "../trainer.js";
import type { ForecastSettings } from "./settings.js";

/** Forecasts are tested from at most so many places of the held-out part. */
const MOST_ORIGINS = 200;
/** So many windows are the least to learn from. */
const LEAST_WINDOWS = 8;

/** The model learns from the first four fifths of a series, and at least one forecast's length is held out. */
export function trainingLength(length: number, horizon: number): number {
  return Math.min(Math.floor(0.8 * length), length - horizon);
}

/** Why a model with these settings cannot learn from a series. */
export function refusal(values: readonly number[], settings: ForecastSettings): Problem | undefined {
  const { window, horizon, season, scale } = settings;
  const before = Math.max(window + horizon + LEAST_WINDOWS - 1, season);
  const need = Math.max(before + horizon, Math.ceil(before / 0.8));
  if (values.length < need) return { kind: "short", need, got: values.length };
  if (scale === "logarithm" && !values.every((value) => value > 0)) return { kind: "not positive" };
  return undefined;
}

/** The indices of first forecast values, evenly over the held-out part. */
export function backTestOrigins(length: number, horizon: number): number[] {
  const first = trainingLength(length, horizon);
  const all = length - horizon - first + 1;
  const count = Math.min(all, MOST_ORIGINS);
  return Array.from({ length: count }, (_, i) => first + Math.floor((i * all) / count));
}

/** Mean absolute errors of two forecasts without a model: the last value again, and the last season again. */
export function naiveErrors(
  values: readonly number[],
  origins: readonly number[],
  { horizon, season }: ForecastSettings,
): { last: number; season: number } {
  const errorOf = (forecast: (origin: number, k: number) => number): number => {
    let sum = 0;
    for (const origin of origins) {
      for (let k = 0; k < horizon; k++) {
        sum += Math.abs((values[forecast(origin, k)] as number) - (values[origin + k] as number));
      }
    }
    return sum / (origins.length * horizon);
  };
  return {
    last: errorOf((origin) => origin - 1),
    season: errorOf((origin, k) => origin + k - season * Math.ceil((k + 1) / season)),
  };
}
