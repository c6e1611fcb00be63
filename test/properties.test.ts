import fc from "fast-check";
import { LSTM, packPaddedSequence, packSequence, padPackedSequence, Tensor } from "lstm-wasm";
import { describe, expect, it } from "vitest";
import {
  type AnyOptions,
  anyOptions,
  cellOf,
  forward,
  forwardCell,
  sizesOf,
  stackOf,
  stateSizes,
  streamOf,
} from "./support/cells.js";
import { masks } from "./support/masks.js";
import { type Matrix, reference } from "./support/reference.js";

const options = anyOptions({ inputSize: 9, hiddenSize: 14 });
const lengths = fc.array(fc.nat(7), { minLength: 1, maxLength: 6 });
const oneWay = (o: AnyOptions): AnyOptions => ({ ...o, bidirectional: false });

/** Sequences, a state for each, and the layers that read them. */
function set(o: AnyOptions, sizes: readonly number[]) {
  const stack = stackOf(o);
  const seed = (o.seed ?? 0) + 1;
  const states = stack.numLayers * (stack.bidirectional ? 2 : 1);
  return {
    stack,
    sequences: sizes.map((length, b) => Tensor.randn([length, stack.inputSize], { seed: seed + b })),
    state: stateSizes(stack).map((size, i) =>
      Tensor.randn([states, sizes.length, size], { seed: seed + 1000 * (i + 1) }),
    ),
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
        const { stack, sequences, state } = set(o, sizes);
        const [output, last] = forward(stack, packSequence(sequences, { enforceSorted: false }), state);
        const [padded] = padPackedSequence(output, { batchFirst: true });
        sequences.forEach((sequence, b) => {
          const pick = (tensor: Tensor | undefined) => (tensor ? rows(tensor.select(1, b)) : []);
          const [h0, c0] = [pick(state[0]), pick(state[1])];
          const expected = reference(sizesOf(stack), stack.stateDict(), rows(sequence), h0, c0);
          expectClose(rows(padded.select(0, b).slice(0, 0, sizes[b])), expected.output);
          expectClose(pick(last[0]), expected.h);
          expectClose(pick(last[1]), expected.c);
        });
        stack.dispose();
      }),
    );
  });

  it("give the same bits alone, in a batch, batch first, packed and unpadded", () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 6 }), (o, steps, batch) => {
        const { stack, sequences, state } = set(o, new Array(batch).fill(steps));
        const time = stack.batchFirst ? 1 : 0;
        const stacked = new Tensor(
          sequences.flatMap(({ data }) => [...data]),
          [batch, steps, stack.inputSize],
        );
        const input = stack.batchFirst ? stacked : swap(stacked);
        const [output, last] = forward(stack, input, state);
        const [packed, packedLast] = forward(stack, packSequence(sequences), state);
        expect(bitsOf(padPackedSequence(packed, { batchFirst: stack.batchFirst })[0], ...packedLast)).toEqual(
          bitsOf(output, ...last),
        );
        sequences.forEach((sequence, b) => {
          const of = (tensors: Tensor[]) => tensors.map((tensor) => tensor.select(1, b));
          const alone = forward(stack, sequence, of(state));
          expect(bitsOf(alone[0], ...alone[1])).toEqual(bitsOf(output.select(1 - time, b), ...of(last)));
        });
        stack.dispose();
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
          const { stack, state } = set({ ...o, batchFirst: false }, new Array(batch).fill(steps));
          const input = Tensor.randn([steps, batch, stack.inputSize], { seed: 5 });
          const [output, last] = forward(stack, input, state);
          const stream = streamOf(stack, batch, state);
          const parts: number[] = [];
          for (let t = 0; t < steps; ) {
            const piece = Math.min(pieces.pop() ?? 0, steps - t);
            // A piece of 0 is one step, through the other entry.
            if (piece === 0) parts.push(...stream.step(input.select(0, t).data));
            else parts.push(...stream.run(input.slice(0, t, t + piece)).data);
            t += Math.max(piece, 1);
          }
          expect(bitsOf(new Tensor(parts), ...Object.values(stream.state))).toEqual(bitsOf(output, ...last));
          stream.dispose();
          stack.dispose();
        },
      ),
    );
  });

  it("give the same bits by LSTMCell, GRUCell and RNNCell", () => {
    fc.assert(
      fc.property(
        options,
        fc.integer({ min: 1, max: 6 }),
        fc.option(fc.integer({ min: 1, max: 5 })),
        (o, steps, batch) => {
          const { mode, inputSize, hiddenSize, bias, seed } = o;
          const cell = cellOf({ mode, inputSize, hiddenSize, bias, seed });
          // PyTorch's cells draw their weights as one layer does.
          const stack = stackOf({ mode, inputSize, hiddenSize, bias, seed });
          const leading = batch === null ? [] : [batch];
          const input = Tensor.randn([steps, ...leading, inputSize], { seed: 6 });
          const [output, last] = forward(stack, input);
          let state: Tensor[] | undefined;
          for (let t = 0; t < steps; t++) {
            state = forwardCell(cell, input.select(0, t), state);
            expect(bitsOf(state[0] as Tensor)).toEqual(bitsOf(output.select(0, t)));
          }
          expect(bitsOf(...(state as Tensor[]))).toEqual(
            bitsOf(...last.map((tensor) => tensor.reshape([...leading, hiddenSize]))),
          );
          cell.dispose();
          stack.dispose();
        },
      ),
    );
  });

  it("drop what Philox says in training, and nothing in eval mode", () => {
    fc.assert(
      fc.property(options, fc.constantFrom(0.1, 0.5, 0.9, 1), fc.integer({ min: 1, max: 5 }), (o, dropout, steps) => {
        const { stack, sequences } = set({ ...o, numLayers: 3, dropout }, [steps]);
        const [sequence] = sequences as [Tensor];
        const states = stack.bidirectional ? 6 : 3;
        const [h0, c0] = stateSizes(stack).map((size) => rows(Tensor.zeros([states, size]))) as [Matrix, Matrix?];
        const expected = (call: number) => {
          const drop = masks({ p: dropout, seed: stack.dropoutDraw.seed, call });
          return reference(sizesOf(stack), stack.stateDict(), rows(sequence), h0, c0, drop).output;
        };
        const still = bitsOf(forward(stack, sequence)[0]);
        stack.train();
        expectClose(rows(forward(stack, sequence)[0]), expected(0));
        expectClose(rows(forward(stack, sequence)[0]), expected(1));
        stack.dropoutDraw = { ...stack.dropoutDraw, call: 1 };
        expectClose(rows(forward(stack, sequence)[0]), expected(1));
        stack.eval();
        expect(bitsOf(forward(stack, sequence)[0])).toEqual(still);
        stack.dispose();
      }),
    );
  });

  it("draw the same masks batch first, steps first and packed", () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), (o, steps, batch) => {
        const trained = { ...o, numLayers: 2, dropout: 0.5 };
        const first = stackOf({ ...trained, batchFirst: true });
        const second = stackOf({ ...trained, batchFirst: false });
        for (const stack of [first, second]) stack.train();
        const input = Tensor.randn([steps, batch, first.inputSize], { seed: 3 });
        const [output, last] = forward(second, input);
        const swapped = forward(first, swap(input));
        expect(bitsOf(swap(swapped[0]), ...swapped[1])).toEqual(bitsOf(output, ...last));
        second.dropoutDraw = { ...second.dropoutDraw, call: 0 };
        const [packed, state] = forward(second, packPaddedSequence(input, new Array(batch).fill(steps)));
        expect(bitsOf(padPackedSequence(packed)[0], ...state)).toEqual(bitsOf(output, ...last));
        first.dispose();
        second.dispose();
      }),
    );
  });
});

it("a packed batch that came sorted stays without indices", () => {
  const { stack, sequences } = set({ mode: "GRU", inputSize: 2, hiddenSize: 3, seed: 1 }, [3, 1]);
  expect(forward(stack, packSequence(sequences))[0]).toMatchObject({ sortedIndices: null, unsortedIndices: null });
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
