import airline from "./data/airline.csv?raw";
import sunspots from "./data/sunspots.csv?raw";
import type { ForecastSettings } from "./settings.js";

/** A series that ships. */
interface Shipped {
  readonly csv: string;
  /** What the x axis shows at the first value, and how much further at each next one. */
  readonly x: readonly [first: number, step: number];
  readonly settings: ForecastSettings;
}

export const SERIES = {
  airline: { csv: airline, x: [1949, 1 / 12], settings: { window: 24, horizon: 12, season: 12, scale: "logarithm" } },
  sunspots: { csv: sunspots, x: [1700, 1], settings: { window: 22, horizon: 6, season: 11, scale: "plain" } },
} as const satisfies Record<string, Shipped>;

export type SeriesName = keyof typeof SERIES;
