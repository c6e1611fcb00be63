import fc from "fast-check";
import {
  LSTM,
  LSTMCell,
  type LSTMOptions,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  Tensor,
} from "lstm-wasm";
import { describe, expect, it } from "vitest";
import { masks } from "./support/masks.js";
import { lstmOptions } from "./support/options.js";
import { type Matrix, reference } from "./support/reference.js";

const options = lstmOptions({ inputSize: 9, hiddenSize: 14 });
const lengths = fc.array(fc.nat(7), { minLength: 1, maxLength: 6 });
const oneWay = (o: LSTMOptions): LSTMOptions => ({ ...o, bidirectional: false });

/** Sequences, a state for each, and the LSTM that reads them. */
function set(o: LSTMOptions, sizes: readonly number[]) {
  const lstm = new LSTM(o);
  const seed = (o.seed ?? 0) + 1;
  const states = lstm.numLayers * (lstm.bidirectional ? 2 : 1);
  const hSize = lstm.projSize || lstm.hiddenSize;
  return {
    lstm,
    sequences: sizes.map((length, b) => Tensor.randn([length, lstm.inputSize], { seed: seed + b })),
    h0: Tensor.randn([states, sizes.length, hSize], { seed: seed + 1000 }),
    c0: Tensor.randn([states, sizes.length, lstm.hiddenSize], { seed: seed + 2000 }),
  };
}

const rows = (tensor: Tensor) => tensor.toArray() as Matrix;

/** Within 2e-6 of the largest magnitude; a few values that cancelled to almost 0 keep the rounding of their terms. */
function expectClose(actual: Matrix, expected: Matrix) {
  const [a, e] = [actual.flat(), expected.flat()];
  expect(a.length).toBe(e.length);
  const largest = Math.max(0.25, ...e.map(Math.abs));
  const error = Math.max(0, ...a.map((value, i) => Math.abs(value - (e[i] as number))));
  expect(error / largest).toBeLessThanOrEqual(2e-6);
}

const bitsOf = (...tensors: Tensor[]) => tensors.map(({ data }) => Array.from(new Uint32Array(data.slice().buffer)));

describe("random configurations", () => {
  it("match the float64 reference, sequence by sequence, packed in any order", () => {
    fc.assert(
      fc.property(options, lengths, (o, sizes) => {
        const { lstm, sequences, h0, c0 } = set(o, sizes);
        const [output, [hn, cn]] = lstm.forward(packSequence(sequences, { enforceSorted: false }), [h0, c0]);
        const [padded] = padPackedSequence(output, { batchFirst: true });
        sequences.forEach((sequence, b) => {
          const pick = (tensor: Tensor) => rows(tensor.select(1, b));
          const expected = reference(lstm, lstm.stateDict(), rows(sequence), pick(h0), pick(c0));
          expectClose(rows(padded.select(0, b).slice(0, 0, sizes[b])), expected.output);
          expectClose(pick(hn), expected.h);
          expectClose(pick(cn), expected.c);
        });
        lstm.dispose();
      }),
    );
  });

  it("give the same bits alone, in a batch, batch first, packed and unpadded", () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 6 }), (o, steps, batch) => {
        const { lstm, sequences, h0, c0 } = set(o, new Array(batch).fill(steps));
        const time = lstm.batchFirst ? 1 : 0;
        const stacked = new Tensor(
          sequences.flatMap(({ data }) => [...data]),
          [batch, steps, lstm.inputSize],
        );
        const input = lstm.batchFirst ? stacked : swap(stacked);
        const [output, [hn, cn]] = lstm.forward(input, [h0, c0]);
        const [packed, [packedH, packedC]] = lstm.forward(packSequence(sequences), [h0, c0]);
        expect(bitsOf(padPackedSequence(packed, { batchFirst: lstm.batchFirst })[0], packedH, packedC)).toEqual(
          bitsOf(output, hn, cn),
        );
        sequences.forEach((sequence, b) => {
          const alone = lstm.forward(sequence, [h0.select(1, b), c0.select(1, b)]);
          expect(bitsOf(alone[0], ...alone[1])).toEqual(
            bitsOf(output.select(1 - time, b), hn.select(1, b), cn.select(1, b)),
          );
        });
        lstm.dispose();
      }),
    );
  });

  it("give the same bits streamed, step by step and in runs of any size", () => {
    const cuts = fc.array(fc.nat(3), { maxLength: 8 });
    fc.assert(
      fc.property(
        options.map(oneWay),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        cuts,
        (o, steps, batch, pieces) => {
          const { lstm, h0, c0 } = set({ ...o, batchFirst: false }, new Array(batch).fill(steps));
          const input = Tensor.randn([steps, batch, lstm.inputSize], { seed: 5 });
          const [output, [hn, cn]] = lstm.forward(input, [h0, c0]);
          const stream = lstm.stream({ batchSize: batch });
          stream.state = { h: h0, c: c0 };
          const parts: number[] = [];
          for (let t = 0; t < steps; ) {
            const piece = Math.min(pieces.pop() ?? 0, steps - t);
            // A piece of 0 is one step, through the other entry.
            if (piece === 0) parts.push(...stream.step(input.select(0, t).data));
            else parts.push(...stream.run(input.slice(0, t, t + piece)).data);
            t += Math.max(piece, 1);
          }
          expect(bitsOf(new Tensor(parts), stream.state.h, stream.state.c)).toEqual(bitsOf(output, hn, cn));
          stream.dispose();
          lstm.dispose();
        },
      ),
    );
  });

  it("give the same bits by LSTMCell", () => {
    fc.assert(
      fc.property(
        options,
        fc.integer({ min: 1, max: 6 }),
        fc.option(fc.integer({ min: 1, max: 5 })),
        (o, steps, batch) => {
          const { inputSize, hiddenSize, bias, seed } = o;
          const cell = new LSTMCell({ inputSize, hiddenSize, bias, seed });
          // nn.LSTMCell draws its weights like a one-layer nn.LSTM.
          const lstm = new LSTM({ inputSize, hiddenSize, bias, seed });
          const leading = batch === null ? [] : [batch];
          const input = Tensor.randn([steps, ...leading, inputSize], { seed: 6 });
          const [output, [hn, cn]] = lstm.forward(input);
          let state: [Tensor, Tensor] | undefined;
          for (let t = 0; t < steps; t++) {
            state = cell.forward(input.select(0, t), state);
            expect(bitsOf(state[0])).toEqual(bitsOf(output.select(0, t)));
          }
          expect(bitsOf(...(state as [Tensor, Tensor]))).toEqual(
            bitsOf(hn.reshape([...leading, hiddenSize]), cn.reshape([...leading, hiddenSize])),
          );
          cell.dispose();
          lstm.dispose();
        },
      ),
    );
  });

  it("drop what Philox says in training, and nothing in eval mode", () => {
    fc.assert(
      fc.property(options, fc.constantFrom(0.1, 0.5, 0.9, 1), fc.integer({ min: 1, max: 5 }), (o, dropout, steps) => {
        const { lstm, sequences } = set({ ...o, numLayers: 3, dropout }, [steps]);
        const [sequence] = sequences as [Tensor];
        const states = lstm.bidirectional ? 6 : 3;
        const zeros = (columns: number) => rows(Tensor.zeros([states, columns]));
        const expected = (call: number) => {
          const drop = masks({ p: dropout, seed: lstm.dropoutDraw.seed, call });
          const from = [zeros(lstm.projSize || lstm.hiddenSize), zeros(lstm.hiddenSize)] as const;
          return reference(lstm, lstm.stateDict(), rows(sequence), ...from, drop).output;
        };
        const still = bitsOf(lstm.forward(sequence)[0]);
        lstm.train();
        expectClose(rows(lstm.forward(sequence)[0]), expected(0));
        expectClose(rows(lstm.forward(sequence)[0]), expected(1));
        lstm.dropoutDraw = { ...lstm.dropoutDraw, call: 1 };
        expectClose(rows(lstm.forward(sequence)[0]), expected(1));
        lstm.eval();
        expect(bitsOf(lstm.forward(sequence)[0])).toEqual(still);
        lstm.dispose();
      }),
    );
  });

  it("draw the same masks batch first, steps first and packed", () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), (o, steps, batch) => {
        const trained = { ...o, numLayers: 2, dropout: 0.5 };
        const first = new LSTM({ ...trained, batchFirst: true }).train();
        const second = new LSTM({ ...trained, batchFirst: false }).train();
        const input = Tensor.randn([steps, batch, first.inputSize], { seed: 3 });
        const [output, [hn, cn]] = second.forward(input);
        const swapped = first.forward(swap(input));
        expect(bitsOf(swap(swapped[0]), ...swapped[1])).toEqual(bitsOf(output, hn, cn));
        second.dropoutDraw = { ...second.dropoutDraw, call: 0 };
        const [packed, state] = second.forward(packPaddedSequence(input, new Array(batch).fill(steps)));
        expect(bitsOf(padPackedSequence(packed)[0], ...state)).toEqual(bitsOf(output, hn, cn));
        first.dispose();
        second.dispose();
      }),
    );
  });
});

it("a packed batch that came sorted stays without indices", () => {
  const { lstm, sequences } = set({ inputSize: 2, hiddenSize: 3, seed: 1 }, [3, 1]);
  expect(lstm.forward(packSequence(sequences))[0]).toMatchObject({ sortedIndices: null, unsortedIndices: null });
});

/** (a, b, columns) to (b, a, columns). */
function swap(tensor: Tensor): Tensor {
  const [a, b, columns] = tensor.shape as [number, number, number];
  const result = Tensor.zeros([b, a, columns]);
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) result.data.set(tensor.select(0, i).select(0, j).data, (j * a + i) * columns);
  return result;
}

it("a stream goes on from the state that a forward over one sequence ended with, bit for bit", () => {
  const lstm = new LSTM({ inputSize: 3, hiddenSize: 5, numLayers: 2, seed: 1 });
  const sequence = Tensor.randn([7, 3], { seed: 2 });
  const [whole] = lstm.forward(sequence);
  const [, [h, c]] = lstm.forward(sequence.slice(0, 0, 4)); // (layers, H): no batch dimension
  const stream = lstm.stream();
  stream.state = { h, c };
  expect(bitsOf(stream.run(sequence.slice(0, 4)))).toEqual(bitsOf(whole.slice(0, 4)));
  expect(() => {
    lstm.stream({ batchSize: 2 }).state = { h, c };
  }).toThrow("Expected state.h of shape [2, 2, 5], got [2, 5]");
});
