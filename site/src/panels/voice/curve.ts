import type uPlot from "uplot";
import type { Span } from "../../ui/chart.js";
import { type Hearing, STEP } from "./hearing.js";

/** Seconds that the curve of a microphone shows while it runs. */
const WINDOW = 20;

export interface Curve {
  /** The middle of each chunk in seconds, its probability, the threshold. */
  readonly data: uPlot.AlignedData;
  /** Where somebody speaks, in seconds. */
  readonly spans: readonly Span[];
}

/** The curve of what was heard: all of it, or while a microphone runs its last 20 seconds. */
export function curveOf(hearing: Hearing | undefined, threshold: number, live: boolean): Curve {
  const { probabilities = [], sound, segments = [] } = hearing ?? {};
  const least = Math.round((live || hearing === undefined ? WINDOW : (sound?.length ?? 0)) / STEP);
  const first = live ? Math.max(0, probabilities.length - least) : 0;
  // Where nothing was heard yet there is a gap, so that the axis does not change while the curve grows.
  const count = Math.max(least, probabilities.length - first);
  const chunks = Array.from({ length: count }, (_, i) => first + i);
  const data: uPlot.AlignedData = [
    chunks.map((chunk) => (chunk + 0.5) * STEP),
    chunks.map((chunk) => probabilities[chunk] ?? null),
    chunks.map(() => threshold),
  ];
  return { data, spans: segments.map(({ start, end }) => [start, end]) };
}
