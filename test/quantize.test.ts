import fc from "fast-check";
import { GRU, LSTM, LSTMCell, RNN, Tensor } from "lstm-wasm";
import { dequantize, Linear, type Part, quantize, Sequential } from "lstm-wasm/nn";
import { describe, expect, it } from "vitest";
import { anyOptions, cellOf, forward, forwardCell, MODES, stackOf } from "./support/cells.js";
import { bits, expectError, refuses, wave } from "./support/refusal.js";

const WEIGHTS = ["int8", "int16"] as const;
const sizes = { inputSize: 5, hiddenSize: 7, seed: 1 };
const input = new Tensor(wave(6 * 3 * 5), [6, 3, 5]);

describe.each(WEIGHTS)("%s weights", (weights) => {
  it("are what quantize and fromStateDict make, in every cell", () => {
    for (const mode of MODES) {
      const float = stackOf({ mode, ...sizes, projSize: 0, numLayers: 2, bidirectional: true });
      const narrow = quantize(float, { weights });
      expect([float.weights, narrow.weights]).toEqual(["float32", weights]);
      expect(narrow.constructor).toBe(float.constructor);
      const [output] = forward(narrow, input);
      expect(bits(output)).not.toEqual(bits(forward(float, input)[0]));
      const Class = float.constructor as typeof RNN;
      const nonlinearity = mode === "RNN_RELU" ? "relu" : undefined;
      const options = nonlinearity ? { weights, nonlinearity } : { weights };
      const loaded = Class.fromStateDict(float.stateDict(), options as { weights: "int8" });
      expect(bits(forward(loaded, input)[0])).toEqual(bits(output));
    }
  });

  it("keep every option", () => {
    const options = { ...sizes, numLayers: 2, bidirectional: true, batchFirst: true, projSize: 3, dropout: 0.5 };
    const float = new LSTM({ ...options, checkpointEvery: 4, bias: false });
    expect(String(quantize(float, { weights }))).toBe(String(float));
    const relu = new RNN({ ...sizes, nonlinearity: "relu" });
    expect(quantize(relu, { weights }).nonlinearity).toBe("relu");
  });

  it("have the same bits streamed, in a batch, alone and traced", () => {
    fc.assert(
      fc.property(
        anyOptions({ inputSize: 9, hiddenSize: 21 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (options, steps, batch) => {
          const stack = quantize(stackOf({ ...options, batchFirst: false, bidirectional: false }), { weights });
          const x = new Tensor(wave(steps * batch * stack.inputSize), [steps, batch, stack.inputSize]);
          const [output] = forward(stack, x);
          expect(bits((stack as LSTM).trace(x).output)).toEqual(bits(output));
          const stream = stack.stream({ batchSize: batch });
          const streamed = Array.from({ length: steps }, (_, t) => stream.step(x.select(0, t).data).slice());
          expect(bits(...streamed)).toEqual(bits(...streamed.map((_, t) => output.select(0, t))));
          const alone = Array.from({ length: batch }, (_, b) => forward(stack, x.select(1, b))[0]);
          expect(bits(...alone)).toEqual(bits(...alone.map((_, b) => output.select(1, b))));
          stack.dispose();
        },
      ),
      { numRuns: 40 },
    );
  });

  it("make cells, too", () => {
    for (const mode of MODES) {
      const float = cellOf({ mode, ...sizes, bias: true });
      const cell = quantize(float, { weights });
      const x = new Tensor(wave(2 * 5), [2, 5]);
      const [h] = forwardCell(cell, x);
      const [exact] = forwardCell(float, x);
      expect(bits(h as Tensor)).not.toEqual(bits(exact as Tensor));
      for (const [i, value] of (exact as Tensor).data.entries()) expect((h as Tensor).data[i]).toBeCloseTo(value, 1);
    }
  });

  it("cannot be trained, read or written in place", () => {
    const lstm = quantize(new LSTM({ ...sizes, projSize: 3 }), { weights });
    const message = new RegExp(`this LSTM has ${weights} weights; .*dequantize of lstm-wasm/nn`);
    expectError("QUANTIZED", message, () => lstm.train());
    expect(lstm.training).toBe(false);
    const chain = new Sequential({ lstm, head: new Linear({ inFeatures: 3, outFeatures: 2, seed: 1 }) });
    expectError("QUANTIZED", message, () => chain.train());
    expect([chain.training, ...chain.namedChildren().map(([, { training }]) => training)]).not.toContain(true);
    expect(lstm.eval()).toBe(lstm);
    for (const parameter of lstm.parameters().filter(({ shape }) => shape.length > 1)) {
      refuses(() => parameter.data, "QUANTIZED", parameter.name, weights);
      refuses(() => parameter.set(Tensor.zeros([...parameter.shape])), "QUANTIZED", parameter.name);
      expect(parameter.grad).toBeNull();
    }
    refuses(() => lstm.loadStateDict(lstm.stateDict()), "QUANTIZED", "weight_ih_l0");
    refuses(() => lstm.backward(Tensor.zeros([6, 3, 3])), "NO_FORWARD");
    lstm.zeroGrad();
  });

  it("leave the biases as they are", () => {
    const float = new GRU(sizes);
    const narrow = quantize(float, { weights });
    const bias = narrow.parameters().find(({ name }) => name === "bias_hh_l0");
    expect(bits(bias?.data as Float32Array)).toEqual(bits(float.stateDict().bias_hh_l0 as Tensor));
    const before = narrow.forward(input)[0];
    bias?.data.fill(0.5);
    expect(bits(narrow.forward(input)[0])).not.toEqual(bits(before));
  });

  it("stand for values within half a step of the largest of their row", () => {
    const float = new LSTM({ ...sizes, numLayers: 2, projSize: 3 });
    const [exact, rounded] = [float.stateDict(), quantize(float, { weights }).stateDict()];
    expect(Object.keys(rounded)).toEqual(Object.keys(exact));
    const level = weights === "int8" ? 127 : 8191;
    for (const [name, { data, shape }] of Object.entries(exact)) {
      const columns = shape[1] ?? 1;
      for (let row = 0; row < (shape[0] as number); row++) {
        const values = data.subarray(row * columns, (row + 1) * columns);
        const half = name.startsWith("bias") ? 0 : (0.501 * Math.max(...values.map(Math.abs))) / level;
        for (const [k, value] of values.entries()) {
          const other = (rounded[name] as Tensor).data[row * columns + k] as number;
          expect(Math.abs(other - value), name).toBeLessThanOrEqual(half);
        }
      }
    }
  });

  it("go back to float32 with the values that they stand for", () => {
    const narrow = quantize(new LSTM(sizes), { weights });
    const float = dequantize(narrow);
    expect([float.weights, narrow.weights]).toEqual(["float32", weights]);
    expect(bits(...Object.values(float.stateDict()))).toEqual(bits(...Object.values(narrow.stateDict())));
    float.train();
    const [output] = float.forward(input);
    expect(float.backward(output).input.shape).toEqual([6, 3, 5]);
  });

  it("take a row that is not finite to NaN, and no other", () => {
    const narrow = quantize(new LSTM(sizes), { weights });
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const x = new Tensor(wave(3 * 5), [1, 3, 5]);
      x.data[7] = bad;
      const rows = narrow.forward(x)[0].reshape([3, 7]).toArray() as number[][];
      expect(rows.map((row) => row.every(Number.isNaN))).toEqual([false, true, false]);
      expect([...(rows[0] as number[]), ...(rows[2] as number[])].every(Number.isFinite)).toBe(true);
    }
  });

  it("are within float32's range where the products are", () => {
    const rnn = (w: number[]) =>
      RNN.fromStateDict({ weight_ih_l0: [w], weight_hh_l0: [[0]] }, { nonlinearity: "relu", weights });
    const of = (w: number[], x: number[]) => rnn(w).forward([[x]])[0].data[0];
    // What is 0 beside the largest weight of its row is multiplied with what is large.
    expect(of([3e38, 0], [0, 3e38])).toBe(0);
    expect(of([3e38, 0], [0, 1e10])).toBe(0);
    expect(of([1e20, 1], [0, 3e38])).toBe(0);
  });

  it("stay as a chain's own part makes them of a state dict", () => {
    const lstm = new LSTM({ ...sizes, seed: 3 });
    const head = new Linear({ inFeatures: 7, outFeatures: 2, seed: 4 });
    const dict = new Sequential({ lstm, head }).stateDict();
    const parts: Record<string, Part> = {
      lstm: (all, options) => LSTM.fromStateDict(all, { ...options, weights }),
      head: Linear,
    };
    const chain = Sequential.fromStateDict(dict, parts);
    expect((chain.modules.lstm as LSTM).weights).toBe(weights);
    expect(bits(chain.forward(input))).toEqual(
      bits(new Sequential({ lstm: quantize(lstm, { weights }), head }).forward(input)),
    );
    expectError("STATE_DICT", /unexpected: other/, () => Sequential.fromStateDict({ ...dict, other: [1] }, parts));
  });

  it("refuse a state dict before anything of it is written", () => {
    const head = new Linear({ inFeatures: 2, outFeatures: 5, seed: 1 });
    const chain = new Sequential([head, quantize(new LSTM({ ...sizes, seed: 1 }), { weights })]);
    const before = bits(...Object.values(chain.stateDict()));
    const dict = Object.fromEntries(
      Object.entries(chain.stateDict()).map(([name, { shape }]) => [name, Tensor.zeros(shape)]),
    );
    refuses(() => chain.loadStateDict(dict), "QUANTIZED");
    expect(bits(...Object.values(chain.stateDict()))).toEqual(before);
  });

  it("end with their module", () => {
    const narrow = quantize(new LSTMCell(sizes), { weights });
    narrow.dispose();
    refuses(() => narrow.stateDict(), "DISPOSED");
    refuses(() => quantize(narrow, { weights }), "DISPOSED");
    refuses(() => dequantize(narrow), "DISPOSED");
  });
});

it("what cannot be quantized is refused by name", () => {
  const lstm = new LSTM(sizes);
  for (const weights of ["int4", "", null, undefined, 8]) {
    expectError("OPTION", /weights must be "int8" or "int16", got/, () =>
      quantize(lstm, { weights: weights as "int8" }),
    );
    if (weights === undefined || weights === null) continue;
    const load = () => LSTM.fromStateDict(lstm.stateDict(), { weights: weights as "int8" });
    expectError("OPTION", /weights must be one of float32, int8, int16, got/, load);
  }
  expectError("OPTION", /unknown option bits/, () => quantize(lstm, { bits: 8 } as never));
  expectError("OPTION", /quantize: expected an object/, () => quantize(lstm, "int8" as never));
  expectError("OPTION", /module must be an LSTM, GRU or RNN/, () => dequantize({} as never));
});
