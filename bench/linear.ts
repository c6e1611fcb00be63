/** `npm run bench -- linear`: that cost grows linearly in steps, batch and layers, which it does if nothing is wrong. */
import type { Case } from "./cases.js";
import { measure } from "./harness.js";
import { dataOf, ours } from "./ours.js";
import { machine, record, version } from "./record.js";
import { gflops, table } from "./report.js";

/** What grows, from what to what; the rest stays. */
const SERIES: Record<Along, { readonly base: Omit<Case, "kind">; readonly values: readonly number[] }> = {
  steps: {
    base: { cell: "LSTM", inputs: 64, hidden: 128, layers: 1, directions: 1, batch: 1, steps: 0 },
    values: [100, 200, 500, 1000, 2000, 5000, 10_000],
  },
  batch: {
    base: { cell: "LSTM", inputs: 64, hidden: 128, layers: 1, directions: 1, batch: 0, steps: 100 },
    values: [1, 2, 4, 8, 16, 32, 64],
  },
  layers: {
    base: { cell: "LSTM", inputs: 128, hidden: 128, layers: 0, directions: 1, batch: 1, steps: 100 },
    values: [1, 2, 3, 4, 6, 8],
  },
};

export type Along = "steps" | "batch" | "layers";

export interface Point {
  readonly along: Along;
  readonly value: number;
  readonly kind: "forward" | "train";
  readonly microseconds: number;
  readonly gflops: number;
}

export async function linear(options: { record: boolean }): Promise<void> {
  const points: Point[] = [];
  for (const [along, { base, values }] of Object.entries(SERIES) as [Along, (typeof SERIES)[Along]][]) {
    for (const kind of ["forward", "train"] as const) {
      for (const value of values) {
        const one = { ...base, kind, [along]: value };
        const time = (await measure(one, dataOf(one), [ours])).times[ours.name];
        if (time === undefined) throw new Error(`${kind}, ${along} = ${value}: no time`);
        points.push({ along, value, kind, microseconds: time.fastest, gflops: gflops(one, time.fastest) });
      }
    }
  }
  const { node, cpu } = machine();
  console.log(`Node ${node}, ${cpu}, one thread; the fastest rounds\n`);
  const rows = points.map(({ along, value, kind, microseconds, gflops }) => {
    const us = microseconds.toFixed(1);
    return [`${kind}, ${along} = ${value}`, us, (microseconds / value).toFixed(2), gflops.toFixed(1)];
  });
  console.log(table([["ours", "us", "us for each", "GFLOP/s"], ...rows]));
  if (options.record) record("linear", { version, series: SERIES, points });
}
