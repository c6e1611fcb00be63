import brainjs from "brain.js";
import type { Case } from "../cases.js";
import type { Contestant, Data, Runner } from "../contestant.js";
import { parametersOf } from "./gates.js";
import { versionOf } from "./versions.js";

/**
 * brain.js has no cell state: where nn.LSTM keeps f * c(t-1), it keeps f * h(t-1) (`retainCell` in its
 * recurrent/lstm.js, in 1.6.1 as in 2.0 beta). From the second step on its numbers are others, so only a single step
 * from zeros can be compared, and training cannot. It has no batches either: one run per sequence. After each of
 * them it runs a step of zeros, which is its way of ending a sequence.
 */
export const brain: Contestant = {
  name: "brain.js",
  version: versionOf("brain.js"),
  supports: ({ kind, steps, directions }) => kind === "forward" && steps === 1 && directions === 1,
  prepare: async (one, data) => runnerOf(one, data),
};

function runnerOf(one: Case, data: Data): Runner {
  const { inputs, hidden, batch } = one;
  const network = new brainjs.recurrent.LSTMTimeStep() as unknown as Network;
  network.fromJSON(jsonOf(one, data));
  const rows = Array.from({ length: batch }, (_, row) => [data.input.subarray(row * inputs, (row + 1) * inputs)]);
  const output = new Float32Array(batch * hidden);
  return {
    run() {
      rows.forEach((row, at) => {
        output.set(network.run(row), at * hidden);
      });
    },
    results: async () => ({ output: output.slice() }),
    dispose() {},
  };
}

/** What its types leave out. */
interface Network {
  fromJSON(json: object): void;
  run(steps: readonly Float32Array[]): Float32Array;
}

/** Its names of PyTorch's gates, in PyTorch's order. */
const GATES = ["input", "forget", "cellActivation", "output"];

/** The weights as it saves them. Its output layer, which nn.LSTM lacks, is the identity. */
function jsonOf({ inputs, hidden, layers }: Case, { weights }: Data) {
  const hiddenLayers = Array.from({ length: layers }, (_, layer) => {
    const { weightIh, weightHh, biasIh, biasHh } = parametersOf(weights, layer, 0);
    const bias = biasIh.map((value, row) => value + (biasHh[row] as number));
    return Object.fromEntries(
      GATES.flatMap((name, gate) => {
        const own = (values: Float32Array) =>
          matrix(hidden, values.slice((gate * values.length) / 4, ((gate + 1) * values.length) / 4));
        return [
          [`${name}Matrix`, own(weightIh)],
          [`${name}Hidden`, own(weightHh)],
          [`${name}Bias`, own(bias)],
        ];
      }),
    );
  });
  const identity = new Float32Array(hidden * hidden);
  for (let unit = 0; unit < hidden; unit++) identity[unit * hidden + unit] = 1;
  return {
    options: { inputSize: inputs, outputSize: hidden, hiddenLayers: Array.from({ length: layers }, () => hidden) },
    hiddenLayers,
    outputConnector: matrix(hidden, identity),
    output: matrix(hidden, new Float32Array(hidden)),
  };
}

function matrix(rows: number, weights: Float32Array) {
  return { rows, columns: weights.length / rows, weights };
}
