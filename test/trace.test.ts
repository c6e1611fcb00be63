import fc from "fast-check";
import {
  type GradientNorms,
  type LayerTrace,
  LSTM,
  PackedSequence,
  packSequence,
  padPackedSequence,
  Tensor,
} from "lstm-wasm";
import { AdamW } from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { anyOptions, backward, forward, MODES, sizesOf, stackOf, stateSizes, trace } from "./support/cells.js";
import { type Inside, type Matrix, type Mode, reference } from "./support/reference.js";
import { bits, refuses } from "./support/refusal.js";

const rows = (tensor: Tensor) => tensor.toArray() as Matrix;
/** What a trace shows of each cell. */
const NAMES: Record<Mode, string[]> = {
  LSTM: ["i", "f", "g", "o", "c", "h"],
  GRU: ["r", "z", "n", "reset", "h"],
  RNN_TANH: ["h"],
  RNN_RELU: ["h"],
};

const options = anyOptions({ inputSize: 6, hiddenSize: 11 });

describe("trace", () => {
  it("shows the gates and states of the float64 reference, of packed sequences in any order", () => {
    const lengths = fc.array(fc.nat(5), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(options, lengths, (o, sizes) => {
        const stack = stackOf(o);
        const sequences = sizes.map((length, b) => Tensor.randn([length, stack.inputSize], { seed: b }));
        const packed = packSequence(sequences, { enforceSorted: false });
        const { output, layers, ...last } = trace(stack, packed);
        const [whole, state] = forward(stack, packed);
        expect(bits(output.data, ...Object.values(last))).toEqual(bits(whole.data, ...state));
        const directions = stack.bidirectional ? 2 : 1;
        expect(layers.map(({ layer, direction }) => [layer, direction])).toEqual(
          Array.from({ length: stack.numLayers * directions }, (_, n) => [
            Math.floor(n / directions),
            n % directions === 1 ? "reverse" : "forward",
          ]),
        );
        sequences.forEach((sequence, b) => {
          const states = stack.numLayers * directions;
          const [h0, c0] = stateSizes(stack).map((size) => rows(Tensor.zeros([states, size]))) as [Matrix, Matrix?];
          const watch = (layer: number, direction: number, t: number, inside: Inside) => {
            const traced = layers[layer * directions + direction] as LayerTrace<string>;
            expect(Object.keys(traced)).toEqual(["layer", "direction", ...NAMES[o.mode]]);
            for (const name of NAMES[o.mode]) {
              const data = traced[name] as Tensor;
              const padded = padPackedSequence(new PackedSequence(data, packed.batchSizes, packed.sortedIndices), {
                batchFirst: true,
              })[0];
              expectClose(rows(padded.select(0, b))[t] as number[], inside[name] as number[]);
            }
          };
          reference(sizesOf(stack), stack.stateDict(), rows(sequence), h0, c0, undefined, watch);
        });
        stack.dispose();
      }),
    );
  });

  it("has the bits of forward and the shapes of the input, batch first and unbatched too", () => {
    fc.assert(
      fc.property(options, fc.nat(5), fc.option(fc.integer({ min: 1, max: 4 })), (o, steps, batch) => {
        const stack = stackOf(o);
        const leading = batch === null ? [steps] : stack.batchFirst ? [batch, steps] : [steps, batch];
        const input = Tensor.randn([...leading, stack.inputSize], { seed: 7 });
        const { output, layers, ...last } = trace(stack, input);
        const [whole, state] = forward(stack, input);
        expect(bits(output, ...Object.values(last))).toEqual(bits(whole, ...state));
        const [hSize = 0] = stateSizes(stack);
        for (const { layer: _, direction: __, h, ...others } of layers) {
          expect(h?.shape).toEqual([...leading, hSize]);
          for (const tensor of Object.values(others)) expect(tensor.shape).toEqual([...leading, stack.hiddenSize]);
        }
        // The top layer's h, directions side by side, is the output.
        const top = layers.slice(stack.bidirectional ? -2 : -1).map(({ h }) => h as Tensor);
        const axis = output.shape.length - 1;
        expect(bits(...top)).toEqual(bits(...top.map((_, n) => output.slice(axis, n * hSize, (n + 1) * hSize))));
        stack.dispose();
      }),
    );
  });

  it("copies out only what it is asked for", () => {
    const lstm = new LSTM({ inputSize: 2, hiddenSize: 3, bidirectional: true });
    const { layers } = lstm.trace(Tensor.randn([4, 2]), undefined, { only: ["c"] });
    expect(layers.map((layer) => Object.keys(layer))).toEqual([
      ["layer", "direction", "c"],
      ["layer", "direction", "c"],
    ]);
    refuses(
      () => lstm.trace(Tensor.randn([4, 2]), undefined, { only: ["x" as never] }),
      "OPTION",
      "only",
      "i, f, g, o, c, h",
    );
    refuses(() => lstm.trace(Tensor.randn([4, 2]), undefined, { only: "c" as never }), "OPTION", "only");
    lstm.dispose();
    refuses(() => lstm.trace(Tensor.randn([4, 2])), "DISPOSED");
  });

  it("draws no dropout masks, in training either", () => {
    const lstm = new LSTM({ inputSize: 2, hiddenSize: 3, numLayers: 2, dropout: 0.5 });
    const input = Tensor.randn([4, 2]);
    const still = bits(lstm.forward(input)[0]);
    const { dropoutDraw } = lstm.train();
    expect(bits(lstm.trace(input).output)).toEqual(still);
    expect(lstm.dropoutDraw).toEqual(dropoutDraw);
  });
});

describe("gradientNorms", () => {
  it.each(MODES)("of %s are the norms of dL/dh(t) and dL/dc(t) that the gradients of later steps give", (mode) => {
    const sizes = { mode, inputSize: 3, hiddenSize: 4, seed: 1 };
    const stack = stackOf({ ...sizes, batchFirst: true });
    const input = Tensor.randn([2, 6, 3], { seed: 2 });
    const weight = Tensor.randn([2, 6, 4], { seed: 3 });
    stack.train();
    forward(stack, input);
    backward(stack, weight, []);
    const norms = stack.gradientNorms()[0] as GradientNorms;
    const tensors = trace(stack, input).layers[0] as LayerTrace<string>;
    expect(norms).toMatchObject({ layer: 0, direction: "forward" });
    expect(Object.keys(norms)).toEqual(["layer", "direction", ...(mode === "LSTM" ? ["h", "c"] : ["h"])]);
    for (let b = 0; b < 2; b++) {
      for (let t = 0; t < 6; t++) {
        // From step t on: h(t) counts itself, and as the state of what follows; c(t) as the state, and through h(t).
        const part = stackOf(sizes);
        const sequence = input.select(0, b);
        const [, after] = forward(part, sequence.slice(0, 0, t + 1));
        part.train();
        forward(part, sequence.slice(0, t + 1), after);
        const [, rest] = backward(part, weight.select(0, b).slice(0, t + 1), []);
        const dh = rest[0]?.data.map((value, unit) => value + (weight.data[(b * 6 + t) * 4 + unit] as number)) ?? [];
        expect(norms.h.select(0, b).data[t]).toBeCloseTo(Math.hypot(...dh), 5);
        if (mode === "LSTM") {
          // dL/dc(t) of the state, and through h(t) = o tanh(c(t)).
          const at = (name: "o" | "c", unit: number) => tensors[name]?.data[(b * 6 + t) * 4 + unit] as number;
          const dc = rest[1]?.data.map(
            (value, unit) => value + (dh[unit] as number) * at("o", unit) * (1 - Math.tanh(at("c", unit)) ** 2),
          );
          expect(norms.c.select(0, b).data[t]).toBeCloseTo(Math.hypot(...(dc ?? [])), 5);
        }
        part.dispose();
      }
    }
    stack.dispose();
  });

  it("are refused once a later forward has taken their memory, never zeros", () => {
    const lstm = new LSTM({ inputSize: 2, hiddenSize: 3, seed: 1 }).train();
    lstm.forward(Tensor.randn([3, 2], { seed: 2 }));
    lstm.backward(Tensor.randn([3, 3], { seed: 3 }));
    expect(lstm.gradientNorms()[0]?.h.data.every((norm) => norm > 0)).toBe(true);
    lstm.forward(Tensor.randn([50, 2], { seed: 4 }));
    refuses(() => lstm.gradientNorms(), "NO_FORWARD", "backward");
  });

  it("are the same with checkpoints, in every layer and direction, and refused before a backward", () => {
    const sizes = { inputSize: 2, hiddenSize: 5, numLayers: 2, bidirectional: true, projSize: 3, seed: 4 };
    const [all, marked] = [0, 2].map((checkpointEvery) => new LSTM({ ...sizes, checkpointEvery }).train()) as [
      LSTM,
      LSTM,
    ];
    refuses(() => all.gradientNorms(), "NO_FORWARD", "backward");
    const [kept, again] = [all, marked].map((lstm) => {
      lstm.forward(Tensor.randn([7, 3, 2], { seed: 5 }));
      lstm.backward(Tensor.randn([7, 3, 6], { seed: 6 }));
      return lstm.gradientNorms().flatMap(({ h, c }) => [h, c]);
    });
    expect(kept).toHaveLength(8);
    expect(kept?.[0]?.shape).toEqual([7, 3]);
    const values = (tensors: Tensor[] = []) => tensors.flatMap(({ data }) => [...data]);
    expectClose(values(again), values(kept));
  });
});

it("a trace is no training: parameters have no gradients, and optimisers leave them as they are", () => {
  const lstm = new LSTM({ inputSize: 2, hiddenSize: 3, seed: 1 });
  lstm.trace(Tensor.zeros([4, 1, 2]));
  expect(lstm.parameters().map(({ grad }) => grad)).toEqual([null, null, null, null]);
  const before = lstm.stateDict();
  new AdamW(lstm.parameters(), { weightDecay: 0.1 }).step();
  expect(lstm.stateDict()).toEqual(before);
});

function expectClose(actual: readonly number[], expected: readonly number[]) {
  expect(actual.length).toBe(expected.length);
  const error = Math.max(0, ...actual.map((value, n) => Math.abs(value - (expected[n] as number))));
  expect(error).toBeLessThanOrEqual(2e-6 * Math.max(0.25, ...expected.map(Math.abs)));
}
