import { readFileSync } from "node:fs";
import { GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell } from "lstm-wasm";
import { describe, expect, it } from "vitest";

interface Recorded {
  seed: number;
  options: { inputSize: number; hiddenSize: number };
  parameters: Record<string, number[]>;
}
// Recorded from PyTorch by test/fixtures/torch.py.
const recorded: Record<string, Recorded[]> = JSON.parse(
  readFileSync(new URL("fixtures/torch.json", import.meta.url), "utf8"),
);

describe.each([
  ["LSTM", LSTM, "lstmWeights"],
  ["LSTMCell", LSTMCell, "cellWeights"],
  ["GRU", GRU, "gruWeights"],
  ["GRUCell", GRUCell, "gruCellWeights"],
  ["RNN", RNN, "rnnWeights"],
  ["RNNCell", RNNCell, "rnnCellWeights"],
] as const)("new %s with a seed", (_, Module, records) => {
  it.each(recorded[records] as Recorded[])(
    "$seed has the weights after torch.manual_seed, bit for bit: $options",
    ({ seed, options, parameters }) => {
      const module = new Module({ ...options, seed });
      const actual = module.namedParameters().map(([name, { data }]) => [name, [...data]]);
      expect(actual).toEqual(Object.entries(parameters).map(([name, values]) => [name, values.map(Math.fround)]));
    },
  );

  it("draws other weights without one, every time", () => {
    const draw = () => [...(new Module({ inputSize: 2, hiddenSize: 2 }).parameters()[0]?.data ?? [])];
    expect(draw()).not.toEqual(draw());
  });
});
