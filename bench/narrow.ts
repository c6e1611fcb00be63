/** `npm run bench -- narrow`: integer weights against float32, through the public API, in turn. */
import { type Case, type Cell, nameOf } from "./cases.js";
import { measure, sentencesOf, type Time } from "./harness.js";
import { dataOf, narrow as integers, ours } from "./ours.js";
import { machine, record, version } from "./record.js";
import { microseconds, table } from "./report.js";

const SIZES = [
  [1, 40],
  [16, 64],
  [64, 128],
  [256, 512],
] as const;

/** One step, a sequence alone, and batches of them. */
const SHAPES = [
  { kind: "step", steps: 1, batch: 1 },
  { kind: "forward", steps: 100, batch: 1 },
  { kind: "forward", steps: 20, batch: 16 },
  { kind: "forward", steps: 20, batch: 64 },
] as const;

const CASES: readonly Case[] = (["LSTM", "GRU"] as const satisfies readonly Cell[]).flatMap((cell) =>
  SHAPES.flatMap((shape) =>
    SIZES.filter((size) => cell === "LSTM" || size[1] === 128).map(([inputs, hidden]) => {
      return { ...shape, cell, inputs, hidden, layers: 1, directions: 1 } as const;
    }),
  ),
);

/** Of a record: times by what the weights are. */
export interface NarrowLine {
  readonly case: Case;
  readonly times: Readonly<Record<string, Time>>;
}

export async function narrow(options: { record: boolean }): Promise<void> {
  const contestants = [ours, ...integers];
  const lines: NarrowLine[] = [];
  for (const one of CASES) {
    const outcome = await measure(one, dataOf(one), contestants);
    const problems = sentencesOf(one, outcome);
    if (problems.length > 0) throw new Error(problems.join("\n"));
    lines.push({ case: one, times: outcome.times });
  }
  const { node, cpu } = machine();
  console.log(`Node ${node}, ${cpu}, one thread; the fastest rounds\n`);
  const rows = lines.map(({ case: one, times }) => {
    const fastest = contestants.map(({ name }) => times[name]?.fastest as number);
    const [float = 0, ...others] = fastest;
    return [nameOf(one), ...fastest.map(microseconds), ...others.map((time) => (float / time).toFixed(2))];
  });
  console.log(table([["ours", "float32, us", "int8, us", "int16, us", "float32 / int8", "float32 / int16"], ...rows]));
  if (options.record) record("narrow", { version, lines });
}
