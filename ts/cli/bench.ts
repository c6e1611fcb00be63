/** `lstm-wasm bench`: the benchmark of the clone (bench/) in some seconds, against an LSTM in plain JavaScript. */
import { availableParallelism, cpus } from "node:os";
import { type Case, nameOf } from "../../bench/cases.js";
import { measure, sentencesOf } from "../../bench/harness.js";
import { dataOf, ours } from "../../bench/ours.js";
import { plain } from "../../bench/plain.js";
import type { Arguments } from "./command.js";
import { table, thousands } from "./table.js";
import { Complaint, print } from "./terminal.js";

const LSTM = { cell: "LSTM", layers: 1, directions: 1, batch: 1, steps: 1 } as const;
const CASES: readonly Case[] = [
  { ...LSTM, kind: "step", inputs: 16, hidden: 64 },
  { ...LSTM, kind: "step", inputs: 64, hidden: 128 },
  { ...LSTM, kind: "forward", inputs: 64, hidden: 128, steps: 100 },
  { ...LSTM, kind: "train", inputs: 16, hidden: 64, batch: 32, steps: 50 },
];

export async function bench({ flags }: Arguments): Promise<void> {
  const machine = `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores`;
  const cases: { name: string; microseconds: number; plainMicroseconds: number; ratio: number }[] = [];
  for (const one of CASES) {
    const outcome = await measure(one, dataOf(one), [ours, plain]);
    const [problem] = sentencesOf(one, outcome);
    if (problem !== undefined) throw new Complaint(`bench: ${problem}`);
    const [microseconds, plainMicroseconds] = [ours, plain].map(
      ({ name }) => outcome.times[name]?.fastest as number,
    ) as [number, number];
    cases.push({ name: nameOf(one), microseconds, plainMicroseconds, ratio: plainMicroseconds / microseconds });
  }
  const { node: version } = process.versions;
  if (flags.has("json")) return print(`${JSON.stringify({ node: version, machine, cases }, null, 2)}\n`);
  const rows = cases.map(({ name, microseconds, plainMicroseconds, ratio }) => [
    name,
    short(microseconds),
    short(plainMicroseconds),
    `×${short(ratio)}`,
  ]);
  await print(
    `Node ${version}, ${machine}; one thread\n\n${table(["", "lstm-wasm, µs", "plain JavaScript, µs", ""], rows)}
Each is the fastest of some rounds, in turn, after the outputs of both were compared. A case is
(inputs, hidden), and of whole sequences (inputs, hidden, layers, directions, batch, steps).
`,
  );
}

const short = (value: number): string => (value >= 100 ? thousands(value) : String(Number(value.toPrecision(3))));
