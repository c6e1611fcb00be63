/** `npm run bench -- cells`: what our GRU and RNN cost beside our LSTM, all three in turn. */
import { type Case, type Cell, flops, nameOf } from "./cases.js";
import { type Entrant, type Turns, takeTurns } from "./harness.js";
import { measureLimits, peakLoop } from "./limits.js";
import { dataOf, ours } from "./ours.js";
import { machine, record, version } from "./record.js";
import { microseconds, table } from "./report.js";

const CELLS = ["LSTM", "GRU", "RNN"] as const satisfies readonly Cell[];

const one = { layers: 1, directions: 1, batch: 1, steps: 1 } as const;
const SIZES: readonly Omit<Case, "cell">[] = [
  { ...one, kind: "step", inputs: 64, hidden: 128 },
  { ...one, kind: "step", inputs: 256, hidden: 512 },
  { ...one, kind: "forward", inputs: 64, hidden: 128, steps: 100 },
  { ...one, kind: "forward", inputs: 128, hidden: 256, batch: 16, steps: 100 },
  { ...one, kind: "train", inputs: 64, hidden: 128, batch: 32, steps: 50 },
  { ...one, kind: "train", inputs: 128, hidden: 256, batch: 32, steps: 50, layers: 2 },
];

/** Of a record: times and shares of the peak by cell. */
export interface Line extends Pick<Turns, "times" | "shares"> {
  /** The LSTM's. */
  readonly case: Case;
}

export async function cells(options: { record: boolean }): Promise<void> {
  const limits = measureLimits();
  const loop = peakLoop(limits);
  const lines: Line[] = [];
  for (const size of SIZES) {
    const cases = CELLS.map((cell) => ({ ...size, cell }));
    const { times, shares } = await takeTurns(await Promise.all(cases.map(entrantOf)), loop, CELLS.length);
    lines.push({ case: cases[0] as Case, times, shares });
  }
  const { node, cpu } = machine();
  console.log(`Node ${node}, ${cpu}, one thread; the fastest rounds; of the peak, the median round\n`);
  const rows = lines.map(({ case: lstm, times, shares }) => {
    const fastest = (cell: Cell) => times[cell]?.fastest as number;
    return [
      nameOf(lstm),
      ...CELLS.map((cell) => microseconds(fastest(cell))),
      ...["GRU", "RNN"].map((cell) => (fastest(cell as Cell) / fastest("LSTM")).toFixed(3)),
      ...CELLS.map((cell) => `${((shares[cell] as number) * 100).toFixed(0)} %`),
    ];
  });
  const header = [...CELLS.map((cell) => `${cell}, us`), "GRU / LSTM", "RNN / LSTM"];
  console.log(table([["ours", ...header, ...CELLS.map((cell) => `${cell} of peak`)], ...rows]));
  if (options.record) record("cells", { version, limits, lines });
}

async function entrantOf(one: Case): Promise<Entrant> {
  const runner = await ours.prepare(one, dataOf(one));
  return { name: one.cell, runner, flops: flops(one) };
}
