import { LSTM, LSTMCell, type LSTMOptions, Tensor } from "lstm-wasm";
import { describe, expect, it } from "vitest";
import { refuses } from "./support/refusal.js";

const sizes = { inputSize: 3, hiddenSize: 4 };

describe.each([
  ["LSTM", LSTM, { ...sizes, numLayers: 2, bidirectional: true, projSize: 2, seed: 5 }],
  ["LSTMCell", LSTMCell, { ...sizes, seed: 5 }],
] as const)("forgetBias of %s", (name, Module, options) => {
  const make = (more: object) => new Module({ ...options, ...more } as LSTMOptions);

  it("is the sum of both biases of the forget gate, everywhere; all else is as PyTorch draws it", () => {
    const [plain, given] = [make({}), make({ forgetBias: 1.5 })];
    const drawn = plain.stateDict();
    let changed = 0;
    for (const [key, { data, shape }] of Object.entries(given.stateDict())) {
      const expected = new Tensor((drawn[key] as Tensor).data.slice(), shape);
      if (key.startsWith("bias")) {
        expected.data.fill(key.startsWith("bias_ih") ? 1.5 : 0, 4, 8);
        changed++;
      }
      expect(new Tensor(data, shape)).toEqual(expected);
    }
    expect(changed).toBe(name === "LSTM" ? 8 : 2);
  });

  it.each([0, -2, 1])("%d is taken, and shown", (forgetBias) => {
    const module = make({ forgetBias });
    expect(module.stateDict()[name === "LSTM" ? "bias_ih_l1_reverse" : "bias_ih"]?.data[4]).toBe(forgetBias);
    expect(String(module)).toContain(`forgetBias: ${forgetBias}`);
  });

  it("left out is PyTorch's own draw, and not shown", () => {
    const module = make({ forgetBias: undefined });
    expect(module.stateDict()).toEqual(make({}).stateDict());
    expect(String(module)).not.toContain("forgetBias");
  });

  it.each([Number.NaN, Infinity, -Infinity, 1e39, "1", null, true, 1n, [1]])("%o is refused", (forgetBias) => {
    refuses(() => make({ forgetBias }), "OPTION", "forgetBias must be a finite number");
  });

  it("is refused where there are no biases", () => {
    refuses(() => make({ forgetBias: 1, bias: false }), "OPTION", "forgetBias needs biases, but bias is false");
    refuses(() => make({ forget_bias: 1 }), "OPTION", `${name}: unknown option forget_bias; did you mean forgetBias?`);
  });
});

it("forgetBias 2 lets a gradient pass for much longer", () => {
  const norm = (forgetBias?: number) => {
    const lstm = new LSTM({ inputSize: 1, hiddenSize: 16, forgetBias, seed: 3 }).train();
    const [output] = lstm.forward(Tensor.zeros([60, 1, 1]));
    const gradient = Tensor.zeros(output.shape);
    gradient.data.fill(1, gradient.size - 16); // of the last step alone
    lstm.backward(gradient);
    return lstm.gradientNorms()[0]?.c.data[0] as number; // dL/dc of the first
  };
  expect(norm(2)).toBeGreaterThan(1e6 * norm());
});

it("fromStateDict has no forgetBias: its values are there", () => {
  const dict = new LSTM({ ...sizes, forgetBias: 1, seed: 1 }).stateDict();
  expect(LSTM.fromStateDict(dict).stateDict()).toEqual(dict);
  expect(String(LSTM.fromStateDict(dict))).not.toContain("forgetBias");
  refuses(() => LSTM.fromStateDict(dict, { forgetBias: 1 } as never), "OPTION", "unknown option forgetBias");
});
