/**
 * `npm run bench -- memory`: what long sequences and wide layers take of WebAssembly's 4 GiB. Every line is a process of
 * its own, since WebAssembly memory never shrinks.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LSTM, Tensor } from "lstm-wasm";
import { machine, record, version } from "./record.js";
import { table } from "./report.js";

interface Setting {
  readonly inputs: number;
  readonly hidden: number;
  readonly steps: number;
  readonly train: boolean;
  /** Training keeps the cell state only every so many steps; 0: everything. */
  readonly checkpointEvery: number;
}

interface Usage {
  /** Bytes of WebAssembly memory after a run over one step, which has all that is per model, and after one over all. */
  readonly model: number;
  readonly total: number;
  /** Of the second run over all, for which the memory is there. */
  readonly seconds: number;
}

const SETTINGS: readonly Setting[] = [
  { inputs: 256, hidden: 256, steps: 10_000 },
  { inputs: 2048, hidden: 2048, steps: 500 },
].flatMap((sizes) => [
  { ...sizes, train: false, checkpointEvery: 0 },
  { ...sizes, train: true, checkpointEvery: 0 },
  { ...sizes, train: true, checkpointEvery: 50 },
]);
const LIMIT = 4 * 2 ** 30;

const [, script, setting] = process.argv;
// This file is its own child process.
if (script === fileURLToPath(import.meta.url)) console.log(JSON.stringify(use(JSON.parse(setting as string))));

export async function memory(options: { record: boolean }): Promise<void> {
  const { node, cpu } = machine();
  console.log(`Node ${node}, ${cpu}: WebAssembly memory\n`);
  const lines = SETTINGS.map((setting) => ({ ...setting, ...inProcess(setting) }));
  const rows = lines.map(({ inputs, hidden, steps, train, checkpointEvery, model, total, seconds }) => {
    const work = train ? `training${checkpointEvery ? `, checkpointEvery: ${checkpointEvery}` : ""}` : "forward";
    const fits = Math.floor((LIMIT - model) / ((total - model) / steps));
    return [
      `(${inputs}, ${hidden}), ${steps} steps, ${work}`,
      ...[model, total, total - model].map((bytes) => (bytes / 2 ** 20).toFixed(1)),
      seconds.toFixed(2),
      String(Number(fits.toPrecision(2))), // memory grows in leaps, so more digits would say nothing
    ];
  });
  console.log(
    table([["MiB", "after one step", "after all", "difference", "seconds", "steps that fit 4 GiB"], ...rows]),
  );
  if (options.record) record("memory", { version, lines });
}

function inProcess(setting: Setting): Usage {
  const file = fileURLToPath(import.meta.url);
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, file, JSON.stringify(setting)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function use({ inputs, hidden, steps, train, checkpointEvery }: Setting): Usage {
  const lstm = new LSTM({ inputSize: inputs, hiddenSize: hidden, checkpointEvery, seed: 1 }).train(train);
  const inputOf = (steps: number) => Tensor.randn([steps, 1, inputs], { seed: 2 });
  const gradOf = (steps: number) => Tensor.randn([steps, 1, hidden], { seed: 3 });
  const bytes = () => lstm.namedParameters().map(([, { data }]) => data.buffer.byteLength)[0] as number;
  const run = (input: Tensor, gradOutput: Tensor) => {
    lstm.forward(input);
    if (train) lstm.backward(gradOutput);
  };
  run(inputOf(1), gradOf(1));
  const model = bytes();
  const [input, gradOutput] = [inputOf(steps), gradOf(steps)];
  run(input, gradOutput);
  const total = bytes();
  const start = performance.now();
  run(input, gradOutput);
  return { model, total, seconds: (performance.now() - start) / 1000 };
}
