/** Which forward a backward goes back through, and with which weights. */
import { LSTM, LSTMCell, packPaddedSequence, Tensor } from "lstm-wasm";
import { Dropout, Embedding, LayerNorm, Linear, ReLU, Sequential, Tanh } from "lstm-wasm/nn";
import { Adam, SGD } from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { bits, refuses, wave } from "./support/refusal.js";

type Any = ReturnType<typeof modules>[string];

/** One of each module that has a backward, with three inputs of one shape. */
const modules = () => {
  const rows = [0, 1, 2].map((phase) => new Tensor(wave(12, phase), [2, 2, 3]));
  const indices = [0, 1, 2].map((first) => [
    [first, 1],
    [2, 3],
  ]);
  const sizes = { inputSize: 3, hiddenSize: 5, seed: 1 };
  const chain = () =>
    new Sequential(
      new LSTM({ ...sizes, numLayers: 2 }),
      new Tanh(),
      new Linear({ inFeatures: 5, outFeatures: 2, seed: 2 }),
    );
  const entry = (make: () => unknown, inputs: readonly unknown[] = rows) => ({ make, inputs });
  return {
    LSTM: entry(() => new LSTM({ ...sizes, numLayers: 2, bidirectional: true })),
    "LSTM with checkpoints": entry(() => new LSTM({ ...sizes, checkpointEvery: 1 })),
    Linear: entry(() => new Linear({ inFeatures: 3, outFeatures: 2, seed: 1 })),
    Embedding: entry(() => new Embedding({ numEmbeddings: 5, embeddingDim: 3, seed: 1 }), indices),
    Dropout: entry(() => new Dropout({ p: 0.5, seed: 1 })),
    ReLU: entry(() => new ReLU()),
    Tanh: entry(() => new Tanh()),
    Sequential: entry(chain),
  } as Record<string, { make: () => unknown; inputs: readonly unknown[] }>;
};

/** A module of any kind, its output alone. */
const driver = ({ make, inputs }: Any) => {
  // biome-ignore lint/suspicious/noExplicitAny: every kind has its own types
  const module = (make() as any).train();
  const run = (index: number): Tensor => {
    const result = module.forward(inputs[index]);
    return Array.isArray(result) ? result[0] : result;
  };
  /** All gradients of going back through a forward with a gradient of its own. */
  const back = (output: Tensor, index: number, named: boolean) => {
    module.zeroGrad();
    const options = named ? { of: output } : undefined;
    const gradient = new Tensor(wave(output.size, index + 5), output.shape);
    const result =
      module instanceof LSTM ? module.backward(gradient, null, options) : module.backward(gradient, options);
    const input = result?.input ?? result;
    const grads = module.parameters().map(({ grad }: { grad: Float32Array }) => grad.slice());
    return bits(...(input === undefined ? [] : [input]), ...grads);
  };
  return { module, run, back };
};

describe.each(Object.entries(modules()))("of %s, several training forwards", (_, kind) => {
  it("are gone back through by name, in any order", () => {
    const { run, back } = driver(kind);
    const alone = [0, 1, 2].map((index) => back(run(index), index, false));
    const { run: again, back: backAgain } = driver(kind);
    const outputs = [0, 1, 2].map((index) => again(index));
    for (const index of [1, 0, 2]) {
      expect(backAgain(outputs[index] as Tensor, index, true)).toEqual(alone[index]);
    }
  });

  it("are refused without a name, and wait on", () => {
    const { module, run, back } = driver(kind);
    const outputs = [run(0), run(1)];
    refuses(() => back(outputs[0] as Tensor, 0, false), "STALE_FORWARD", "2 training forwards wait", "{ of: output }");
    refuses(
      () => module.backward(outputs[0], ...(module instanceof LSTM ? [null] : []), { of: {} }),
      "NO_FORWARD",
      "of",
    );
    back(outputs[1] as Tensor, 1, true);
    refuses(() => back(outputs[1] as Tensor, 1, true), "NO_FORWARD", "of");
    back(outputs[0] as Tensor, 0, false); // one is left: there is no doubt
    run(0);
    module.discardPending();
    run(1);
    expect(() => back(run(2), 2, false)).toThrow();
    module.eval().train();
    back(run(1), 1, false);
  });

  it("outlive zeroGrad", () => {
    const { module, run, back } = driver(kind);
    const expected = back(run(0), 0, false);
    const output = run(0);
    module.zeroGrad();
    expect(back(output, 0, false)[0]).toHaveLength((expected[0] as number[]).length);
  });
});

it("a forward that reuses another's output cannot be told from it", () => {
  const lstm = new LSTM({ inputSize: 3, hiddenSize: 5, seed: 1 }).train();
  const x = new Tensor(wave(12), [2, 2, 3]);
  const out = lstm.forward(x);
  lstm.forward(x, null, { out });
  refuses(() => lstm.backward(out[0], null, { of: out[0] }), "STALE_FORWARD", "option out");
});

it("a packed forward is named by its PackedSequence", () => {
  const lstm = new LSTM({ inputSize: 3, hiddenSize: 5, seed: 1 }).train();
  const packed = packPaddedSequence(new Tensor(wave(12), [2, 2, 3]), [2, 1]);
  const [first] = lstm.forward(packed);
  lstm.forward(packed);
  expect(lstm.backward(first, null, { of: first }).input.data.shape).toEqual([3, 3]);
});

describe("a refused forward leaves the waiting one", () => {
  it("in an LSTM whose state is wrong", () => {
    const lstm = new LSTM({ inputSize: 3, hiddenSize: 5, seed: 1 }).train();
    const x = new Tensor(wave(12), [2, 2, 3]);
    const [output] = lstm.forward(x);
    const expected = bits(lstm.backward(output).input);
    lstm.forward(x);
    refuses(() => lstm.forward(x, [[1], [1]]), "SHAPE_MISMATCH");
    refuses(() => lstm.forward(x, [null, null] as never), "STATE");
    refuses(() => lstm.forward([1]), "SHAPE_MISMATCH");
    refuses(() => lstm.forward(x, null, { out: 3 } as never), "OPTION");
    expect(bits(lstm.backward(output).input)).toEqual(expected);
  });

  it("in layers, and in a chain whose last module refuses", () => {
    const linear = new Linear({ inFeatures: 3, outFeatures: 2, seed: 1 }).train();
    linear.forward([1, 2, 3]);
    refuses(() => linear.forward([1, 2]), "SHAPE_MISMATCH");
    linear.backward([1, 1]);

    const lstm = new LSTM({ inputSize: 3, hiddenSize: 5, seed: 1 });
    const chain = new Sequential(lstm, new Linear({ inFeatures: 4, outFeatures: 2, seed: 1 })).train();
    for (let i = 0; i < 3; i++) refuses(() => chain.forward([[1, 2, 3]]), "SHAPE_MISMATCH");
    refuses(() => lstm.backward([[1, 1, 1, 1, 1]]), "NO_FORWARD");
  });

  it("and the masks that come next, in a chain", () => {
    const lstm = new LSTM({ inputSize: 3, hiddenSize: 5, numLayers: 2, dropout: 0.5, seed: 1 });
    const dropout = new Dropout({ seed: 2 });
    const misfit = new Linear({ inFeatures: 4, outFeatures: 2, seed: 1 });
    const chain = new Sequential(dropout, lstm, new Sequential(new Dropout({ seed: 3 })), misfit).train();
    const before = [dropout.dropoutDraw, lstm.dropoutDraw];
    refuses(() => chain.forward([[1, 2, 3]]), "SHAPE_MISMATCH");
    expect([dropout.dropoutDraw, lstm.dropoutDraw]).toEqual(before);
  });
});

describe("weights that changed after the forward", () => {
  const x = new Tensor(wave(12), [2, 2, 3]);
  const changes: Record<string, (lstm: { parameters(): ReturnType<LSTM["parameters"]> }) => void> = {
    "an optimiser's step": (module) => {
      for (const { grad } of module.parameters()) grad?.fill(1);
      new SGD(module.parameters(), { lr: 0.1 }).step();
    },
    "parameter.data": (module) => {
      module.parameters()[0]?.data.fill(9);
    },
    set: (module) => {
      const [weight] = module.parameters();
      weight?.set(Tensor.zeros(weight.shape));
    },
    loadStateDict: (module) => {
      const { stateDict, loadStateDict } = module as LSTM;
      const dict = stateDict.call(module as LSTM);
      loadStateDict.call(
        module as LSTM,
        Object.fromEntries(Object.entries(dict).map(([name, { shape }]) => [name, Tensor.zeros(shape)])),
      );
    },
  };
  for (const [name, change] of Object.entries(changes)) {
    it(`by ${name} refuse backward`, () => {
      const lstm = new LSTM({ inputSize: 3, hiddenSize: 5, numLayers: 2, seed: 1 }).train();
      const [output] = lstm.forward(x);
      change(lstm);
      refuses(() => lstm.backward(output), "STALE_FORWARD", "LSTM", "weights changed");
      lstm.stream().step(wave(3)); // takes the new weights; the forward is still of the old ones
      refuses(() => lstm.backward(output), "STALE_FORWARD");

      const cell = new LSTMCell({ inputSize: 3, hiddenSize: 5, seed: 1 }).train();
      const [h] = cell.forward([1, 2, 3]);
      change(cell);
      refuses(() => cell.backward([h]), "STALE_FORWARD", "LSTMCell");

      const linear = new Linear({ inFeatures: 3, outFeatures: 2, seed: 1 }).train();
      const y = linear.forward(x);
      change(linear);
      refuses(() => linear.backward(y), "STALE_FORWARD", "Linear");

      const norm = new LayerNorm({ normalizedShape: 3 }).train();
      const z = norm.forward(x);
      change(norm);
      refuses(() => norm.backward(z), "STALE_FORWARD", "LayerNorm");
    });
  }

  it("in one module of a chain refuse it as a whole: no other module's gradient has changed", () => {
    const lstm = new LSTM({ inputSize: 3, hiddenSize: 5, seed: 1 });
    const linear = new Linear({ inFeatures: 5, outFeatures: 2, seed: 1 });
    const chain = new Sequential({ lstm, linear }).train();
    const output = chain.forward(x);
    (lstm.parameters()[0]?.data as Float32Array)[0] = 1;
    refuses(() => chain.backward(output), "STALE_FORWARD", "LSTM");
    for (const { grad } of linear.parameters()) expect(grad?.every((value) => value === 0)).toBe(true);
  });

  it("in a chain within a chain do so too", () => {
    const inner = new Linear({ inFeatures: 3, outFeatures: 5, seed: 1 });
    const outer = new Linear({ inFeatures: 5, outFeatures: 2, seed: 1 });
    const chain = new Sequential(new Sequential(inner), outer).train();
    const output = chain.forward(x);
    (inner.parameters()[0]?.data as Float32Array)[0] = 1;
    refuses(() => chain.backward(output), "STALE_FORWARD", "Linear");
    for (const { grad } of outer.parameters()) expect(grad?.every((value) => value === 0)).toBe(true);
  });

  it("while the gradient is read, by a getter in it, refuse backward", () => {
    const sizes = { inputSize: 3, hiddenSize: 5, seed: 1 };
    const gradient = (module: LSTM | LSTMCell | Linear, shape: readonly number[]) => ({
      get data() {
        module.parameters()[0]?.set(Tensor.zeros(module.parameters()[0]?.shape ?? []));
        return wave(shape.reduce((product, length) => product * length, 1));
      },
      shape,
    });
    const lstm = new LSTM(sizes).train();
    lstm.forward(x);
    refuses(() => lstm.backward(gradient(lstm, [2, 2, 5])), "STALE_FORWARD", "LSTM");
    const cell = new LSTMCell(sizes).train();
    cell.forward([1, 2, 3]);
    refuses(() => cell.backward([gradient(cell, [5])]), "STALE_FORWARD", "LSTMCell");
    const linear = new Linear({ inFeatures: 3, outFeatures: 2, seed: 1 }).train();
    linear.forward(x);
    refuses(() => linear.backward(gradient(linear, [2, 2, 2])), "STALE_FORWARD", "Linear");
    const last = new Linear({ inFeatures: 2, outFeatures: 4, seed: 1 });
    const first = new Linear({ inFeatures: 3, outFeatures: 2, seed: 1 });
    const chain = new Sequential(first, last).train();
    chain.forward(x);
    refuses(() => chain.backward(gradient(first, [2, 2, 4])), "STALE_FORWARD", "Linear");
    for (const { grad } of last.parameters()) expect(grad?.every((value) => value === 0)).toBe(true);
  });

  it("are told by value: to read them, or to write the same, is no change", () => {
    const lstm = new LSTM({ inputSize: 3, hiddenSize: 5, seed: 1 }).train();
    const [output] = lstm.forward(x);
    const expected = bits(lstm.backward(output).input);
    lstm.forward(x);
    for (const parameter of lstm.parameters()) parameter.set({ data: parameter.data.slice(), shape: parameter.shape });
    lstm.loadStateDict(lstm.stateDict());
    new Adam(lstm.parameters(), { lr: 0 }).step();
    expect(bits(lstm.backward(output).input)).toEqual(expected);
  });
});
