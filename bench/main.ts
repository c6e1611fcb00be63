/**
 * `npm run bench`: lstm-wasm against plain JavaScript, side by side on the same data, outputs compared before anything
 * is timed. Figures are medians; the ratio is what counts, since machines are shared.
 */
import { cpus } from "node:os";
import { LSTM, Tensor } from "lstm-wasm";
import { Bench } from "tinybench";
import { PlainLSTM } from "./plain-lstm.js";

interface Case {
  inputs: number;
  hidden: number;
  steps: number;
}

const CASES: Case[] = [
  { inputs: 1, hidden: 16, steps: 1 },
  { inputs: 1, hidden: 40, steps: 1 },
  { inputs: 16, hidden: 64, steps: 1 },
  { inputs: 64, hidden: 128, steps: 1 },
  { inputs: 128, hidden: 256, steps: 1 },
  { inputs: 256, hidden: 512, steps: 1 },
  { inputs: 16, hidden: 64, steps: 100 },
  { inputs: 64, hidden: 128, steps: 100 },
];

console.log(`Node ${process.version}, ${cpus()[0]?.model.trim()}, one thread; microseconds, median\n`);
const rows: Record<string, Record<string, string>> = {};
for (const one of CASES) {
  const { inputs, hidden, steps } = one;
  const { ours, plain } = await time(one);
  const flops = 8 * hidden * (inputs + hidden) * steps;
  rows[`(${inputs}, ${hidden}) x ${steps}`] = {
    "lstm-wasm": ours.toFixed(2),
    "plain JS": plain.toFixed(2),
    ratio: (plain / ours).toFixed(1),
    "GFLOP/s": (flops / ours / 1000).toFixed(1),
  };
}
console.table(rows);

async function time({ inputs, hidden, steps }: Case): Promise<{ ours: number; plain: number }> {
  using lstm = new LSTM({ inputSize: inputs, hiddenSize: hidden, seed: 1 });
  const weights = lstm.stateDict();
  const values = (name: string) => (weights[name] as Tensor).data;
  const bias = values("bias_ih_l0").map((value, row) => value + (values("bias_hh_l0")[row] as number));
  const rival = new PlainLSTM(values("weight_ih_l0"), values("weight_hh_l0"), bias);
  const input = Tensor.randn([steps, inputs], { seed: 2 });
  const vectors = Array.from({ length: steps }, (_, t) => input.data.subarray(t * inputs, (t + 1) * inputs));

  using stream = lstm.stream();
  const out = lstm.forward(input);
  const plain = () => {
    for (const x of vectors) rival.step(x);
  };
  const ours = steps === 1 ? () => stream.step(vectors[0]) : () => lstm.forward(input, undefined, { out });
  for (const x of vectors) {
    rival.step(x);
    stream.step(x);
  }
  agree(stream.state.h.data, rival.h);
  agree(out[1][0].data, rival.h);

  // The states run on: the values change, the work does not.
  const bench = new Bench({ time: 300, warmupTime: 100 });
  bench.add("ours", ours).add("plain", plain);
  const medians = { ours: Number.POSITIVE_INFINITY, plain: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 3; round++) {
    for (const { name, result } of await bench.run()) {
      if (result.state !== "completed") throw new Error(`${name}: ${result.state}`);
      medians[name as "ours" | "plain"] = Math.min(medians[name as "ours" | "plain"], result.latency.p50 * 1000);
    }
  }
  return medians;
}

function agree(ours: Float32Array, theirs: Float32Array): void {
  const worst = Math.max(...ours.map((value, unit) => Math.abs(value - (theirs[unit] as number))));
  if (!(worst < 1e-5)) throw new Error(`the outputs differ by ${worst}: nothing is timed`);
}
