export const SCALES = ["plain", "logarithm"] as const;
export type Scale = (typeof SCALES)[number];

/** What the visitor chooses. */
export interface ForecastSettings {
  /** How many values the model sees. */
  readonly window: number;
  /** How many values it forecasts. */
  readonly horizon: number;
  /** After how many values the series begins again, as a year does after twelve months; 1 for no season. */
  readonly season: number;
  /** Whether the logarithm is taken first: for a series whose waves grow with it. */
  readonly scale: Scale;
}

/** The least and the most of each. */
export const LIMITS = { window: [4, 60], horizon: [1, 36], season: [1, 36] } as const;

/** Into the scale and back. */
export function scaler(scale: Scale): { to(value: number): number; from(scaled: number): number } {
  return scale === "logarithm" ? { to: Math.log, from: Math.exp } : { to: (value) => value, from: (scaled) => scaled };
}
