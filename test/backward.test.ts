import fc from "fast-check";
import { LSTM, type Parameter, packSequence, Tensor } from "lstm-wasm";
import { describe, expect, it } from "vitest";
import {
  type AnyOptions,
  anyOptions,
  backward,
  backwardCell,
  cellOf,
  forward,
  forwardCell,
  MODES,
  sizesOf,
  stackOf,
  stateSizes,
} from "./support/cells.js";
import { cases, largestError, loadCase, tensorsOf } from "./support/golden.js";
import { masks } from "./support/masks.js";
import { realm, SPY, USED_BYTES } from "./support/realm.js";
import { type Matrix, reference, type Watch } from "./support/reference.js";
import { bits, refuses } from "./support/refusal.js";
import { wasmBytes } from "./support/wasm-memory.js";

const rows = (tensor: Tensor) => tensor.toArray() as Matrix;
const STATES = ["h0", "c0"];

describe("the golden cases", () => {
  const modes = cases.flatMap((golden) => [0, 5].map((every) => ({ golden, name: golden.name, every })));
  it.each(modes)("$name, checkpoints every $every: gradients within 2e-5", ({ golden, every }) => {
    const gradients = Object.entries(loadCase(golden, every).gradients());
    expect(gradients.length).toBeGreaterThan(2);
    for (const [what, actual] of gradients) {
      const expected = tensorsOf(golden)(what);
      expect(actual.shape).toEqual(expected.shape);
      const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largestError(actual, expected), what).toBeLessThanOrEqual(2e-5 * largest);
    }
  });
});

// Never batch first here: packed rows are compared one by one. Dropout needs layers to act between.
const options = fc
  .tuple(anyOptions({ inputSize: 5, hiddenSize: 9 }), fc.constantFrom(0, 0.4))
  .map(([o, dropout]) => ({ ...o, batchFirst: false, dropout, numLayers: dropout ? 3 : o.numLayers }));

/** Layers, packed sequences for them, states, and how much each result counts in the loss. */
function setting(o: AnyOptions & { seed: number }, lengths: readonly number[]) {
  const stack = stackOf(o);
  const directions = stack.bidirectional ? 2 : 1;
  const [states, b] = [stack.numLayers * directions, lengths.length];
  const sizes = stateSizes(stack);
  const random = (shape: number[], salt: number) => Tensor.randn(shape, { seed: o.seed + salt });
  return {
    stack,
    sequences: lengths.map((length, i) => random([length, stack.inputSize], i)),
    weights: lengths.map((length, i) => random([length, directions * (sizes[0] as number)], 100 + i)),
    state: sizes.map((size, i) => random([states, b, size], 200 + i)),
    stateWeights: sizes.map((size, i) => random([states, b, size], 400 + i)),
  };
}

describe("random configurations", () => {
  it("have the slope of the float64 reference in a random direction of everything at once", () => {
    const lengths = fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }).filter((list) => Math.max(...list) > 0);
    fc.assert(
      fc.property(options, lengths, (o, sizes) => {
        // Masks are indexed by packed rows; one sequence keeps the reference's indexing simple.
        const s = setting(o, o.dropout ? sizes.slice(0, 1) : sizes);
        const { stack } = s;
        stack.train();
        forward(stack, packSequence(s.sequences, { enforceSorted: false }), s.state);
        const [input, state] = backward(stack, packSequence(s.weights, { enforceSorted: false }), s.stateWeights);
        const inputs: Record<string, Tensor> = {
          ...stack.stateDict(),
          ...Object.fromEntries(s.state.map((tensor, i) => [STATES[i], tensor])),
          ...Object.fromEntries(s.sequences.entries()),
        };
        const directions: Record<string, Tensor> = Object.fromEntries(
          Object.entries(inputs).map(([name, { shape }], i) => [name, Tensor.randn(shape, { seed: o.seed + 900 + i })]),
        );
        const dot = (a: Float32Array, b: Float32Array) =>
          a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
        let slope = 0;
        for (const [i, { data }] of state.entries()) {
          slope += dot(data, directions[STATES[i] as string]?.data as Float32Array);
        }
        for (const parameter of stack.parameters()) {
          slope += dot(parameter.grad as Float32Array, directions[parameter.name]?.data as Float32Array);
        }
        const packedDirection = packSequence(
          s.sequences.map((_, i) => directions[i] as Tensor),
          { enforceSorted: false },
        );
        slope += dot(input.data.data, packedDirection.data.data);

        const step = 1e-5;
        const [ahead, behind] = [loss(s, directions, step), loss(s, directions, -step)];
        // Across the bend of a relu there is no slope to compare with.
        fc.pre(ahead.active === behind.active && !ahead.near);
        const expected = (ahead.loss - behind.loss) / (2 * step);
        // The slope is a sum of many terms of the size of 1 and more.
        expect(Math.abs(slope - expected)).toBeLessThanOrEqual(1e-4 * Math.max(10, Math.abs(expected)));
        stack.dispose();
      }),
    );
  });

  /**
   * The reference's loss, every input moved by `step` in its direction; and of relus which ones are active, and whether one is
   * so near its bend that float32 may take the other side.
   */
  function loss(s: ReturnType<typeof setting>, directions: Record<string, Tensor>, step: number) {
    const { stack } = s;
    const moved = (name: string, values: Matrix, direction: Matrix): Matrix => {
      if (directions[name] === undefined) throw new Error(name);
      return values.map((row, i) => row.map((value, j) => value + step * (direction[i]?.[j] as number)));
    };
    // The reference reads parameters from float32 tensors; these hold float64.
    const parameters = Object.fromEntries(
      Object.entries(stack.stateDict()).map(([name, { data, shape }]) => {
        const direction = directions[name]?.data as Float32Array;
        return [name, { shape, data: Float64Array.from(data, (v, i) => v + step * (direction[i] as number)) }];
      }),
    ) as unknown as Record<string, Tensor>;
    const total = (values: Matrix, weights: Tensor) =>
      values.flat().reduce((sum, value, i) => sum + value * (weights.data[i] as number), 0);
    const sizes = sizesOf(stack);
    let active = "";
    let near = false;
    const watch: Watch = (_layer, _direction, _t, { pre }) => {
      if (sizes.mode !== "RNN_RELU") return;
      for (const value of pre ?? []) {
        active += value > 0 ? "1" : "0";
        near ||= Math.abs(value) < 1e-5;
      }
    };
    const sum = s.sequences.reduce((sum, sequence, b) => {
      const [h0, c0] = s.state.map((tensor, i) => {
        const name = STATES[i] as string;
        return moved(name, rows(tensor.select(1, b)), rows((directions[name] as Tensor).select(1, b)));
      }) as [Matrix, Matrix?];
      const x = moved(String(b), rows(sequence), rows(directions[b] as Tensor));
      const drop = masks({ p: stack.dropout, seed: stack.dropoutDraw.seed, call: 0 });
      const { output, h, c } = reference(sizes, parameters, x, h0, c0, drop, watch);
      const ends = s.stateWeights.map((weights, i) => total(i === 0 ? h : c, weights.select(1, b)));
      return ends.reduce((sum, end) => sum + end, sum + total(output, s.weights[b] as Tensor));
    }, 0);
    return { loss: sum, active, near };
  }

  it("give the same gradients batch first, steps first and packed", () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), (o, steps, batch) => {
        const s = setting({ ...o, dropout: 0 }, new Array(batch).fill(steps));
        const { stack } = s;
        const other = stackOf({ ...o, dropout: 0, batchFirst: true });
        other.loadStateDict(stack.stateDict());
        for (const one of [stack, other]) one.train();
        const join = (tensors: Tensor[]) =>
          new Tensor(
            tensors.flatMap(({ data }) => [...data]),
            [batch, ...(tensors[0] as Tensor).shape],
          );
        forward(other, join(s.sequences), s.state);
        const [input, state] = backward(other, join(s.weights), s.stateWeights);
        forward(stack, packSequence(s.sequences), s.state);
        const [packedInput, packedState] = backward(stack, packSequence(s.weights), s.stateWeights);
        const ofSequences = Array.from({ length: batch }, (_, b) => bits(input.select(0, b)));
        const unpacked = s.sequences.map((_, b) => bits(sequenceOf(packedInput.data, steps, batch, b)));
        expect(unpacked).toEqual(ofSequences);
        expect(bits(...packedState)).toEqual(bits(...state));
        stack.dispose();
        other.dispose();
      }),
    );
  });

  it("by LSTMCell, GRUCell and RNNCell, step by step and back again, have the gradients of the layer", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...MODES),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(1000),
        (mode, steps, batch, seed) => {
          const sizes = { mode, inputSize: 3, hiddenSize: 5, seed };
          const stack = stackOf(sizes);
          const cell = cellOf(sizes);
          for (const one of [stack, cell]) one.train();
          const input = Tensor.randn([steps, batch, 3], { seed });
          const weight = Tensor.randn([steps, batch, 5], { seed: seed + 1 });
          const zeros = stateSizes(stack).map((size) => Tensor.zeros([batch, size]));
          forward(stack, input);
          const [whole, first] = backward(stack, weight, []);
          let state = zeros;
          for (let t = 0; t < steps; t++) state = forwardCell(cell, input.select(0, t), state);
          let grad = zeros;
          for (let t = steps - 1; t >= 0; t--) {
            const above = weight.select(0, t);
            const [h, ...rest] = grad as [Tensor, Tensor?];
            const sum = new Tensor(
              h.data.map((v, i) => v + (above.data[i] as number)),
              [batch, 5],
            );
            const [back, before] = backwardCell(cell, [sum, ...rest.filter((c) => c !== undefined)]);
            expectClose(back, whole.select(0, t));
            grad = before;
          }
          expectClose(grad[0] as Tensor, (first[0] as Tensor).reshape([batch, 5]));
          stack.parameters().forEach((parameter, index) => {
            const own = cell.parameters()[index]?.grad as Float32Array;
            expectClose(new Tensor(own.slice()), new Tensor((parameter.grad as Float32Array).slice()));
          });
          refuses(() => backwardCell(cell, grad), "NO_FORWARD", cell.constructor.name);
          stack.dispose();
          cell.dispose();
        },
      ),
    );
  });
});

describe("backward", () => {
  const input = Tensor.randn([3, 2, 4], { seed: 1 });
  const grad = Tensor.randn([3, 2, 5], { seed: 2 });
  const make = () => new LSTM({ inputSize: 4, hiddenSize: 5, seed: 3 }).train();

  it("adds to the gradients until zeroGrad", () => {
    const lstm = make();
    const weight = lstm.parameters()[0] as Parameter;
    expect(weight.grad).toBeNull();
    lstm.forward(input);
    lstm.backward(grad);
    const once = (weight.grad as Float32Array).slice();
    lstm.forward(input);
    lstm.backward(grad);
    expect([...(weight.grad as Float32Array)]).toEqual([...once.map((value) => value + value)]);
    lstm.zeroGrad();
    expect((weight.grad as Float32Array).every((value) => value === 0)).toBe(true);
  });

  it("takes zeros for what is left out", () => {
    const lstm = make();
    const zeros = Tensor.zeros([1, 2, 5]);
    lstm.forward(input);
    const left = lstm.backward(grad);
    lstm.forward(input);
    const given = lstm.backward(grad, [zeros, zeros]);
    expect(bits(left.input, left.h0, left.c0)).toEqual(bits(given.input, given.h0, given.c0));
    lstm.forward(input);
    const ofState = lstm.backward(null, [undefined, Tensor.randn([1, 2, 5], { seed: 4 })]);
    expect(ofState.c0.data.some((value) => value !== 0)).toBe(true);
  });

  it("forward in training mode has the bits of eval mode", () => {
    const lstm = make();
    const trained = lstm.forward(input);
    const evaluated = lstm.eval().forward(input);
    expect(bits(trained[0], ...trained[1])).toEqual(bits(evaluated[0], ...evaluated[1]));
  });

  it("does not mind what else runs between forward and it", () => {
    const lstm = make();
    lstm.forward(input);
    const expected = bits(lstm.backward(grad).input);
    lstm.forward(input);
    lstm.stream().run(Tensor.randn([50, 4]));
    lstm.trace(Tensor.randn([7, 4]));
    const huge = new LSTM({ inputSize: 300, hiddenSize: 300 });
    huge.forward(Tensor.randn([200, 300]));
    expect(bits(lstm.backward(grad).input)).toEqual(expected);
  });

  it("refuses to go back without a forward, twice, in eval mode, and after discardPending", () => {
    const lstm = make();
    refuses(() => lstm.backward(grad), "NO_FORWARD", "forward");
    lstm.forward(input);
    lstm.backward(grad);
    refuses(() => lstm.backward(grad), "NO_FORWARD", "forward");
    lstm.forward(input);
    lstm.discardPending();
    refuses(() => lstm.backward(grad), "NO_FORWARD");
    lstm.eval();
    lstm.forward(input);
    refuses(() => lstm.backward(grad), "NO_FORWARD", "train()");
    lstm.train();
    lstm.forward(input);
    lstm.eval();
    lstm.train();
    refuses(() => lstm.backward(grad), "NO_FORWARD");
    lstm.dispose();
    refuses(() => lstm.backward(grad), "DISPOSED");
  });

  it("refuses gradients of the wrong kind and shape, and then still goes back", () => {
    const lstm = make();
    lstm.forward(input);
    refuses(() => lstm.backward(), "OPTION", "gradOutput");
    refuses(() => lstm.backward(null, []), "OPTION", "gradOutput");
    refuses(() => lstm.backward(Tensor.zeros([3, 2, 4])), "SHAPE_MISMATCH", "gradOutput", "[3, 2, 5]", "[3, 2, 4]");
    refuses(() => lstm.backward(grad, [Tensor.zeros([1, 5])]), "SHAPE_MISMATCH", "gradHn", "[1, 2, 5]");
    refuses(() => lstm.backward(grad, [null, Tensor.zeros([2, 2, 5])]), "SHAPE_MISMATCH", "gradCn");
    refuses(() => lstm.backward(packSequence([[[1, 2, 3, 4, 5]]])), "SHAPE_MISMATCH", "gradOutput", "a tensor");
    refuses(() => lstm.backward(grad, 3 as never), "STATE", "gradHn");
    expect(lstm.backward(grad).input.shape).toEqual([3, 2, 4]);
    lstm.forward(packSequence([input.select(1, 0)]));
    refuses(() => lstm.backward(grad), "SHAPE_MISMATCH", "a PackedSequence");
    refuses(() => lstm.backward(packSequence([grad.select(1, 0).slice(0, 0, 2)])), "LENGTHS", "gradOutput");
  });

  it("passes gradients through where there was nothing to run", () => {
    const lstm = make();
    lstm.forward(Tensor.zeros([0, 2, 4]));
    const hn = Tensor.randn([1, 2, 5], { seed: 5 });
    expect(bits(lstm.backward(null, [hn]).h0)).toEqual(bits(hn));
  });

  it("with checkpoints keeps less and gives the gradients of all steps kept", () => {
    const sizes = { inputSize: 4, hiddenSize: 64, numLayers: 2, dropout: 0.3, seed: 3 };
    const long = Tensor.randn([400, 16, 4], { seed: 1 });
    const ofOutput = Tensor.randn([400, 16, 64], { seed: 2 });
    const run = (checkpointEvery: number) => {
      const place = realm(SPY);
      const { LSTM: Fresh } = place.load();
      const lstm = new Fresh({ ...sizes, checkpointEvery }).train();
      lstm.forward(long);
      const { input: slope } = lstm.backward(ofOutput);
      const weight = lstm.parameters()[0] as Parameter;
      return {
        slope,
        weight: new Tensor((weight.grad as Float32Array).slice()),
        bytes: place.run(USED_BYTES) as number,
      };
    };
    const [all, marked] = [run(0), run(20)];
    expectClose(marked.slope, all.slope);
    expectClose(marked.weight, all.weight);
    // Everything kept, in two layers: 5 * 64 floats a row. With checkpoints one row's worth for each 20.
    expect(all.bytes - marked.bytes).toBeGreaterThan(0.96 * 2 * 400 * 16 * 5 * 64 * 4);
  });

  it("over 10,000 steps grows neither WebAssembly's memory nor the LSTM's own", () => {
    const lstm = make();
    const size = wasmBytes;
    const step = () => {
      lstm.forward(input);
      lstm.backward(grad);
      for (const { data, grad: slope } of lstm.parameters())
        data.set(data.map((value, i) => value - 1e-4 * (slope?.[i] as number)));
      lstm.zeroGrad();
    };
    for (let i = 0; i < 10; i++) step();
    const before = size();
    for (let i = 0; i < 10_000; i++) step();
    expect(size()).toBe(before);
  });
});

/** Sequence b of packed rows of equal lengths. */
function sequenceOf(packed: Tensor, steps: number, batch: number, b: number): Tensor {
  return packed.reshape([steps, batch, -1]).select(1, b);
}

function expectClose(actual: Tensor, expected: Tensor) {
  expect(actual.shape).toEqual(expected.shape);
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0.1);
  expect(largestError(actual, expected) / largest).toBeLessThanOrEqual(1e-5);
}
