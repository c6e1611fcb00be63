/**
 * `npm run bench`: lstm-wasm against plain JavaScript, in about four minutes; `--all`: against everyone. See README.md beside
 * this file.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CASES, nameOf } from "./cases.js";
import type { Contestant } from "./contestant.js";
import { measure, sentencesOf } from "./harness.js";
import { install } from "./install.js";
import { allOfOurs, dataOf } from "./ours.js";
import { plain, plainNoOut } from "./plain.js";
import { machine, record, version } from "./record.js";
import { fastestTables, limitsTable, medianTables, type Row } from "./report.js";

const USAGE = `npm run bench -- [what] [options]

what: nothing for the cases, or one of
  limits   the machine's own: GFLOP/s and GB/s
  cold     from a fresh process to the first output
  memory   long sequences and large layers: memory and time
  linear   time against steps, batch and layers
  cells    our LSTM, GRU and RNN in turn
  narrow   integer weights against float32; --all: also against the int8 of onnxruntime, --python: of PyTorch
  charts   draws bench/record/*.svg from the newest records
  docs     writes the figures of the READMEs, docs/speed.md and docs/integer-weights.md from the newest records

options:
  --all               every contestant, not only plain JavaScript; installs them first
  --case <text>       only cases whose name has the text in it, "(64, 128" for example
  --kind <kind>       only step, forward or train
  --python <path>     with --all: a Python that has torch
  --against <names>   these of --all's files only, "onnxruntime-web,jax" for example
  --nodes 20,22,24,26 the cases in these versions of Node, one after the other, with --all against onnxruntime-web
  --result <file>     writes what would be recorded to a file
  --no-record         write nothing to bench/record/`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    all: { type: "boolean", default: false },
    case: { type: "string" },
    kind: { type: "string" },
    python: { type: "string" },
    against: { type: "string" },
    nodes: { type: "string" },
    result: { type: "string" },
    record: { type: "boolean", default: true },
    help: { type: "boolean", default: false },
  },
});
const [what = "cases"] = positionals;

const MEASUREMENTS: Record<string, () => Promise<void>> = {
  cases: options.nodes ? inOtherNodes : cases,
  limits: async () => console.log(limitsTable((await import("./limits.js")).measureLimits())),
  cold: async () => (await import("./cold.js")).cold(options),
  memory: async () => (await import("./memory.js")).memory(options),
  linear: async () => (await import("./linear.js")).linear(options),
  cells: async () => (await import("./cells.js")).cells(options),
  narrow: async () => (await import("./narrow.js")).narrow(options),
  docs: async () => (await import("./docs.js")).writeDocs(),
  charts: async () => {
    install("charts");
    const file: string = "./charts/draw.js"; // as a string, since tsc must do without the chart library
    await import(file);
  },
};
const measurement = MEASUREMENTS[what];
if (options.help || positionals.length > 1 || measurement === undefined) {
  console.log(USAGE);
  if (!options.help) process.exitCode = 1;
} else {
  await measurement();
}

async function cases(): Promise<void> {
  const selected = CASES.filter(
    (one) => nameOf(one).includes(options.case ?? "") && (options.kind === undefined || one.kind === options.kind),
  );
  const contestants: Contestant[] = [
    ...(await allOfOurs()),
    plain,
    plainNoOut,
    ...(options.all || options.against ? await installed() : []),
  ];
  const { measureLimits, peakLoop } = await import("./limits.js");
  const first = measureLimits();
  const { node, cpu } = machine();
  console.log(`Node ${node}, ${cpu}, one thread\n\n${limitsTable(first)}\n`);

  const loop = peakLoop(first);
  const rows: Row[] = [];
  const problems: string[] = [];
  for (const one of selected) {
    process.stderr.write(`${nameOf(one)} ...\n`);
    const outcome = await measure(one, dataOf(one), contestants, loop);
    rows.push({ one, outcome });
    problems.push(...sentencesOf(one, outcome));
  }
  for (const contestant of contestants) await contestant.close?.();

  // The machine may have been busy when the limits were measured.
  const peak = Math.max(first.peak, ...rows.map(({ outcome }) => outcome.peak.fastest));
  const limits = { ...first, peak };
  console.log(
    `The fastest round of each, against a peak of ${peak.toFixed(1)} GFLOP/s\n\n${fastestTables(rows, peak)}`,
  );
  console.log(
    `\nThe median round of each; of the peak, the median part that a round reaches of its loop right before and after\n\n${medianTables(rows)}`,
  );
  for (const problem of problems) console.error(`\nERROR: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  const versions = Object.fromEntries(contestants.map(({ name, version: own = version }) => [name, own]));
  const times = rows.map(({ one, outcome: { times, peak } }) => ({ case: one, peak, times }));
  const result = { all: options.all, versions, limits, cases: times, problems };
  if (options.result) writeFileSync(options.result, JSON.stringify({ ...machine(), ...result }));
  // A part of the cases would hide the rest from the charts.
  if (options.record && selected.length === CASES.length) record("cases", result);
}

async function installed(): Promise<Contestant[]> {
  install("contestants");
  const { others, torch } = await import("./contestants/index.js");
  return [...(await others(options.against?.split(","))), ...(options.python ? await torch(options.python) : [])];
}

async function inOtherNodes(): Promise<void> {
  const { compareNodes } = await import("./compare-nodes.js");
  compareNodes((options.nodes as string).split(","), options);
}
