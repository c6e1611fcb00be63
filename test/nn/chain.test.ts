/** What a chain refuses: arguments that it would ignore, and options that contradict each other. */
import { GRU, LSTM, packSequence, RNN, Tensor } from "lstm-wasm";
import { Dropout, Embedding, Last, LayerNorm, Linear, Module, ReLU, Sequential, Softmax } from "lstm-wasm/nn";
import { describe, expect, it } from "vitest";
import { bits, expectError } from "../support/refusal.js";

const lstm = (options = {}) => new LSTM({ inputSize: 2, hiddenSize: 2, seed: 1, ...options });
const input = Tensor.randn([3, 2, 2], { seed: 1 });

describe("forward takes one input", () => {
  const modules: [string, Module, unknown][] = [
    ["Sequential", new Sequential(lstm(), new Last()), input],
    ["Last", new Last(), input],
    ["Linear", new Linear({ inFeatures: 2, outFeatures: 1 }), input],
    ["LayerNorm", new LayerNorm({ normalizedShape: 2 }), input],
    ["Softmax", new Softmax(), input],
    ["ReLU", new ReLU(), input],
    ["Dropout", new Dropout(), input],
    ["Embedding", new Embedding({ numEmbeddings: 3, embeddingDim: 2 }), [[1, 2]]],
  ];
  it.each(modules)("%s", (name, module, value) => {
    const forward = (...more: unknown[]) =>
      (module as unknown as { forward(...values: unknown[]): Tensor }).forward(value, ...more);
    const message = `^${name}.forward takes one input, and got \\[3, 2\\] after it.*packPaddedSequence`;
    expectError("OPTION", new RegExp(message), () => forward([3, 2]));
    expectError("OPTION", /got a Tensor after it/, () => forward(undefined, input));
    expect(bits(forward(undefined, null))).toEqual(bits(forward())); // no state, said as LSTM.forward takes it
  });
});

describe("a chain whose parts contradict each other is refused when it is put together", () => {
  it.each<[string, RegExp, Record<string, Module>]>([
    [
      "batchFirst of the LSTM alone",
      /^Sequential: lstm has batchFirst: true, last false; give both the same/,
      { lstm: lstm({ batchFirst: true }), last: new Last() },
    ],
    [
      "batchFirst of Last alone",
      /^Sequential: 0 has batchFirst: false, 1 true/,
      [lstm(), new Last({ batchFirst: true })] as never,
    ],
    [
      "batchFirst of a GRU alone",
      /^Sequential: gru has batchFirst: true, last false/,
      { gru: new GRU({ inputSize: 2, hiddenSize: 2, batchFirst: true }), last: new Last() },
    ],
    [
      "bidirectional of an RNN alone",
      /^Sequential: 0 is bidirectional; give 1 bidirectional/,
      [new RNN({ inputSize: 2, hiddenSize: 2, bidirectional: true }), new Last()] as never,
    ],
    [
      "batchFirst of the first of two LSTMs",
      /^Sequential: a has batchFirst: true, b false/,
      { a: lstm({ batchFirst: true }), drop: new Dropout(), b: lstm() },
    ],
    [
      "batchFirst, seen through layers",
      /^Sequential: lstm has batchFirst: true, head.last false/,
      {
        lstm: lstm({ batchFirst: true }),
        head: new Sequential({
          linear: new Linear({ inFeatures: 2, outFeatures: 3 }),
          relu: new ReLU(),
          last: new Last(),
        }),
      },
    ],
    [
      "bidirectional of Last alone",
      /^Sequential: last has bidirectional: true, but lstm has not/,
      { lstm: lstm(), norm: new LayerNorm({ normalizedShape: 2 }), last: new Last({ bidirectional: true }) },
    ],
    [
      "bidirectional of the LSTM alone",
      /^Sequential: body.lstm is bidirectional; give last bidirectional: true for torch.cat\(.*, false for output\[-1\]/,
      { body: new Sequential({ lstm: lstm({ bidirectional: true }) }), last: new Last() },
    ],
  ])("%s", (_, message, modules) => {
    expectError("OPTION", message, () => new Sequential(modules as never));
  });

  it("by fromStateDict too", () => {
    const dict = lstm({ bidirectional: true }).stateDict({ prefix: "lstm." });
    expectError("OPTION", /^Sequential: lstm is bidirectional; give last/, () =>
      Sequential.fromStateDict(dict, { lstm: LSTM, last: Last }),
    );
  });

  class Turn extends Module {
    forward(x: Tensor) {
      return x;
    }
    backward(x: Tensor) {
      return x;
    }
  }
  it.each<[string, Module[]]>([
    [
      "the same",
      [lstm({ batchFirst: true, bidirectional: true }), new Last({ batchFirst: true, bidirectional: true })],
    ],
    ["output[-1] of both directions, said so", [lstm({ bidirectional: true }), new Last({ bidirectional: false })]],
    [
      "columns that are no directions any more",
      [lstm({ bidirectional: true }), new Linear({ inFeatures: 4, outFeatures: 3 }), new Last()],
    ],
    [
      "a module of one's own in between, which may turn the dimensions",
      [lstm({ batchFirst: true }), new Turn(), new Last()],
    ],
    ["a Last whose sequences are those of another LSTM", [lstm(), new Last(), lstm({ batchFirst: true })]],
  ])("and takes %s", (_, modules) => {
    expect(() => new Sequential(modules as never)).not.toThrow();
  });

  it("Last({ bidirectional: false }) is the last step of both directions, as output[-1] is", () => {
    const both = lstm({ bidirectional: true });
    const [output] = both.forward(input);
    const last = new Last({ bidirectional: false });
    expect(String(last)).toBe("Last({ bidirectional: false })");
    expect(bits(new Sequential(both, last).forward(input))).toEqual(bits(output.select(0, -1)));
    const packed = packSequence([Tensor.randn([3, 2], { seed: 2 })]);
    expect(new Sequential(lstm(), new Last()).forward(packed)).toBeInstanceOf(Tensor);
  });
});
