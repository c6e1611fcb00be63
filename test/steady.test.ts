/** Forwards make room only where the last call left none: whatever came before, the bits are those of a new LSTM. */
import fc from "fast-check";
import { LSTM, LSTMCell, packPaddedSequence, Tensor } from "lstm-wasm";
import { describe, expect, test } from "vitest";
import { realm, SPY } from "./support/realm.js";
import { bits, thrown, wave } from "./support/refusal.js";

const OPTIONS = { inputSize: 3, hiddenSize: 5, numLayers: 2, projSize: 2, seed: 42 };
const SHAPES = [
  [1, 1, 3],
  [6, 2, 3],
  [2, 6, 3],
  [12, 1, 3],
  [12, 3],
  [0, 2, 3],
  [40, 7, 3],
] as const;

const input = (shape: readonly number[], phase = 0) => {
  const size = shape.reduce((product, length) => product * length, 1);
  return new Tensor(wave(size, phase), shape);
};

/** What an LSTM is put through, by name; each answers with bits, and none leaves anything behind. */
const USES: Record<string, (lstm: LSTM, shape: readonly number[]) => unknown> = {
  forward: (lstm, shape) => {
    const [output, [hn, cn]] = lstm.forward(input(shape));
    return bits(output, hn, cn);
  },
  "forward from a state": (lstm, shape) => {
    const [output, state] = lstm.forward(input(shape), lstm.forward(input(shape, 1))[1]);
    return bits(output, ...state);
  },
  "forward into out": (lstm, shape) => {
    const out = lstm.forward(input(shape, 1));
    return bits(lstm.forward(input(shape), undefined, { out })[0], ...out[1]);
  },
  packed: (lstm, shape) => {
    if (shape.length === 2) return [];
    const [steps = 0, batch = 0] = shape;
    const lengths = Array.from({ length: batch }, (_, index) => (index * 7) % (steps + 1));
    const packed = packPaddedSequence(input(shape), lengths, { enforceSorted: false });
    const [output, state] = lstm.forward(packed);
    return bits(output.data, ...state);
  },
  "stream.run": (lstm, shape) => {
    const stream = lstm.stream({ batchSize: shape.length === 2 ? 1 : (shape[1] as number) });
    const output = bits(stream.run(input(shape)));
    stream.dispose();
    return output;
  },
  training: (lstm, shape) => {
    lstm.train();
    const [output] = lstm.forward(input(shape));
    const { input: gradient } = lstm.backward(output);
    const gradients = lstm.parameters().map(({ grad }) => grad as Float32Array);
    const answer = bits(output, gradient, ...gradients);
    lstm.zeroGrad();
    lstm.eval();
    return answer;
  },
  "a training forward that nobody goes back through": (lstm, shape) => {
    const answer = bits(lstm.train().forward(input(shape))[0]);
    lstm.eval();
    return answer;
  },
  trace: (lstm, shape) => {
    const { output, layers } = lstm.trace(input(shape));
    return bits(output, ...layers.map(({ c }) => c as Tensor));
  },
  "a refused forward": (lstm, shape) => {
    const error = thrown(() => lstm.forward(input(shape), [[1], [1]]));
    return (error as { code?: unknown }).code;
  },
  "new weights": (lstm, shape) => {
    const weight = lstm.parameters()[0];
    const before = weight?.data.slice() as Float32Array;
    weight?.set(
      new Tensor(
        before.map((value) => -value),
        weight.shape,
      ),
    );
    const answer = bits(lstm.forward(input(shape))[0]);
    weight?.data.set(before);
    return answer;
  },
};

describe("one LSTM for everything", () => {
  const use = fc.record({ name: fc.constantFrom(...Object.keys(USES)), shape: fc.constantFrom(...SHAPES) });
  const run = (lstm: LSTM, { name, shape }: { name: string; shape: readonly number[] }) =>
    (USES[name] as (typeof USES)[string])(lstm, shape);

  test("in any order", () => {
    const holds = fc.property(fc.array(use, { minLength: 2, maxLength: 12 }), (uses) => {
      const lstm = new LSTM(OPTIONS);
      for (const one of uses) {
        const fresh = new LSTM(OPTIONS);
        expect(run(lstm, one), JSON.stringify(one)).toEqual(run(fresh, one));
        fresh.dispose();
      }
      lstm.dispose();
    });
    fc.assert(holds, { numRuns: 60 });
  }, 60_000);

  test("while memory grows under it", () => {
    // In a realm of its own, whose memory nobody has made larger yet.
    const lib = realm(SPY).load();
    const lstm = new lib.LSTM(OPTIONS);
    const cell = new lib.LSTMCell({ inputSize: 3, hiddenSize: 4, seed: 1 });
    const x = new lib.Tensor(wave(36), [6, 2, 3]);
    const out = lstm.forward(x);
    const [h, c] = cell.forward([1, 2, 3]);
    const expected = [bits(out[0], ...out[1]), bits(...cell.forward([1, 2, 3], [h, c]))];
    for (let size = 100; size < 1000; size += 100) {
      new lib.LSTM({ inputSize: size, hiddenSize: size, seed: 1 });
      lstm.forward(x, undefined, { out });
      expect([bits(out[0], ...out[1]), bits(...cell.forward([1, 2, 3], [h, c]))]).toEqual(expected);
    }
  });
});

test("a cell takes steps of any batch, trains between them, and gives the bits of a new one", () => {
  const options = { inputSize: 3, hiddenSize: 5, seed: 7 };
  const cell = new LSTMCell(options);
  for (const [index, shape] of [[2, 3], [3], [2, 3], [2, 3], [1, 3], [3], [0, 3], [2, 3]].entries()) {
    cell.train(index === 3);
    const [x, fresh] = [input(shape, index), new LSTMCell(options)];
    const state = fresh.forward(input(shape));
    expect(bits(...cell.forward(x, state))).toEqual(bits(...fresh.forward(x, state)));
    fresh.dispose();
  }
});

test("results keep shapes of their own, and frozen ones", () => {
  const lstm = new LSTM(OPTIONS);
  const results = [lstm.forward(input([6, 2, 3])), lstm.forward(input([6, 2, 3]))];
  for (const [output, [hn, cn]] of results) {
    expect([output.shape, hn.shape, cn.shape]).toEqual([
      [6, 2, 2],
      [2, 2, 2],
      [2, 2, 5],
    ]);
    for (const tensor of [output, hn, cn]) expect(Object.isFrozen(tensor.shape)).toBe(true);
  }
  expect(results[0]?.[0].data).not.toBe(results[1]?.[0].data);
});
