/**
 * `npm run bench -- narrow`: integer weights against float32, through the public API, in turn; with `--all` also against the
 * int8 of onnxruntime and, with `--python`, of PyTorch.
 */
import { type Case, type Cell, nameOf } from "./cases.js";
import type { Contestant } from "./contestant.js";
import { measure, sentencesOf, type Time } from "./harness.js";
import { install } from "./install.js";
import { highest, type Peaks, peaks } from "./limits.js";
import { medianOf } from "./median.js";
import { dataOf, narrow as integers, ours } from "./ours.js";
import { machine, record, version } from "./record.js";
import { microseconds, ratio, table } from "./report.js";

export const SIZES = [
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

/** So many more inputs than another case tell what the products of a step cost; the weights still fit the second cache. */
export const MORE_INPUTS = 128;
/** Likewise for a batch's. */
export const MORE_INPUTS_OF_BATCHES = 512;

/** How often all cases are measured, minutes apart: another program may be busy through all rounds of a case. */
const PASSES = 3;

const CASES: readonly Case[] = [
  ...(["LSTM", "GRU"] as const satisfies readonly Cell[]).flatMap((cell) =>
    SHAPES.flatMap((shape) =>
      SIZES.filter((size) => cell === "LSTM" || size[1] === 128).map(([inputs, hidden]) => {
        return { ...shape, cell, inputs, hidden, layers: 1, directions: 1 } as const;
      }),
    ),
  ),
  // Beside (16, 64) and (64, 128): what comes on top is the time of more products alone.
  { ...SHAPES[0], cell: "LSTM", inputs: 16 + MORE_INPUTS, hidden: 64, layers: 1, directions: 1 },
  { ...SHAPES[0], cell: "LSTM", inputs: 64 + MORE_INPUTS, hidden: 128, layers: 1, directions: 1 },
  { ...SHAPES[2], cell: "LSTM", inputs: 64 + MORE_INPUTS_OF_BATCHES, hidden: 128, layers: 1, directions: 1 },
];

/** Of a record: times by what the weights are. */
export interface NarrowLine {
  readonly case: Case;
  readonly times: Readonly<Record<string, Time>>;
}

export interface NarrowOptions {
  /** Against everyone who has int8. */
  readonly all: boolean;
  /** A Python that has torch, for `all`. */
  readonly python?: string | undefined;
  readonly record: boolean;
}

/** What a run records. */
export interface NarrowRecord {
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly peaks: Peaks;
  readonly lines: readonly NarrowLine[];
}

export async function narrow({ all, python, record: keep }: NarrowOptions): Promise<void> {
  const rivals = all ? await installed(python) : [];
  const contestants = [ours, ...integers, ...rivals];
  const limits: Peaks[] = [];
  const passes: NarrowLine[][] = [];
  for (let pass = 1; pass <= PASSES; pass++) {
    limits.push(peaks());
    const lines: NarrowLine[] = [];
    for (const one of CASES) {
      process.stderr.write(`pass ${pass} of ${PASSES}: ${nameOf(one)} ...\n`);
      const outcome = await measure(one, dataOf(one), contestants);
      const problems = sentencesOf(one, outcome);
      if (problems.length > 0) throw new Error(problems.join("\n"));
      lines.push({ case: one, times: outcome.times });
    }
    passes.push(lines);
  }
  const lines = CASES.map((one, index) => ({ case: one, times: merged(passes.map((lines) => lines[index]?.times)) }));
  for (const contestant of contestants) await contestant.close?.();
  const { node, cpu } = machine();
  console.log(`Node ${node}, ${cpu}, one thread; the fastest rounds\n`);
  console.log(table(ownRows(lines)));
  const most = highest(limits);
  console.log(`\nA loop of nothing but products, 10^9 a second\n\n${table(peakRows(most))}`);
  const names = rivals.map(({ name }) => name);
  if (all) console.log(`\nHow many times as long as our int8\n\n${table(rivalRows(lines, names))}`);
  const versions = Object.fromEntries(contestants.map(({ name, version }) => [name, version]));
  if (keep) record("narrow", { version, versions, peaks: most, lines } satisfies NarrowRecord & { version: string });
}

/** For each name the fastest round of all passes, and the median of their medians. */
function merged(passes: readonly (NarrowLine["times"] | undefined)[]): NarrowLine["times"] {
  const names = Object.keys(passes[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const times = passes.map((times) => times?.[name] as Time);
      const median = medianOf(times.map(({ median }) => median));
      return [name, { median, fastest: Math.min(...times.map(({ fastest }) => fastest)) }];
    }),
  );
}

async function installed(python: string | undefined): Promise<Contestant[]> {
  install("contestants");
  const { others, torch } = await import("./contestants/index.js");
  return [...(await others(["onnxruntime-int8"])), ...(python ? await torch(python, true) : [])];
}

/** Times of ours, and how many times faster than float32 its integers are. */
function ownRows(lines: readonly NarrowLine[]): string[][] {
  const rows = lines.map((line) => {
    const [float = 0, ...narrow] = ["lstm-wasm", "int8", "int16"].map((name) => fastest(line, name) as number);
    const times = [float, ...narrow].map(microseconds);
    return [nameOf(line.case), ...times, ...narrow.map((time) => (float / time).toFixed(2))];
  });
  return [["ours", "float32, us", "int8, us", "int16, us", "float32 / int8", "float32 / int16"], ...rows];
}

function peakRows(peaks: Peaks): string[][] {
  const rows = Object.entries(peaks).map(([kind, { row, tile }]) => [kind, row.toFixed(1), tile.toFixed(1)]);
  return [["", "one row", "four rows"], ...rows];
}

/** How many times as long as our int8 others take. */
function rivalRows(lines: readonly NarrowLine[], rivals: readonly string[]): string[][] {
  const rows = lines.map((line) => {
    const own = fastest(line, "int8") as number;
    return [
      nameOf(line.case),
      microseconds(own),
      ...rivals.map((name) => {
        const theirs = fastest(line, name);
        return theirs === undefined ? "-" : ratio(theirs / own);
      }),
    ];
  });
  return [["int8", "ours, us", ...rivals], ...rows];
}

function fastest({ times }: NarrowLine, name: string): number | undefined {
  return times[name]?.fastest;
}
