/** In a file of its own, since it is said once in a process. */
import { LSTM, LSTMCell, Tensor } from "lstm-wasm";
import { Linear, Sequential } from "lstm-wasm/nn";
import { expect, it, vi } from "vitest";

it("100 training forwards that wait are told once, and what drops them", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const input = Tensor.randn([2, 1, 3], { seed: 1 });
  const model = new Sequential({
    lstm: new LSTM({ inputSize: 3, hiddenSize: 2 }),
    head: new Linear({ inFeatures: 2, outFeatures: 1 }),
  }).train();
  const run = (times: number) => {
    for (let i = 0; i < times; i++) model.forward(input);
  };
  for (let i = 0; i < 200; i++) model.backward(model.forward(input));
  const cell = new LSTMCell({ inputSize: 3, hiddenSize: 2 }).train(); // its steps all wait until the sequence ends
  for (let i = 0; i < 200; i++) cell.forward([1, 2, 3]);
  run(99);
  model.discardPending();
  run(99);
  expect(warn).not.toHaveBeenCalled();
  run(1);
  const text =
    "LSTM: 100 training forwards wait for their backward and keep memory; eval() or discardPending() frees it";
  expect(warn.mock.calls).toEqual([[text]]);
  run(300);
  model.eval();
  run(300);
  model.train();
  run(300);
  expect(warn).toHaveBeenCalledTimes(1);
  model.dispose();
});
