import { GRU, LSTM, LSTMCell, packSequence, RNN, Tensor } from "lstm-wasm";
import { calibrate, dequantize, Linear, quantize, type Sample } from "lstm-wasm/nn";
import { describe, expect, it } from "vitest";
import { forward, MODES, stackOf } from "./support/cells.js";
import { bits, expectError } from "./support/refusal.js";

/** Rows that are sums of two others, as what a model computes often is: (steps, batch, 24). */
function likely(steps: number, batch: number, seed: number): Tensor {
  const [low, mix] = [Tensor.randn([steps * batch, 2], { seed }).data, Tensor.randn([2, 24], { seed: 99 }).data];
  const values = Float32Array.from({ length: steps * batch * 24 }, (_, i) => {
    const [row, column] = [Math.floor(i / 24), i % 24];
    return [0, 1].reduce((sum, k) => sum + (low[2 * row + k] as number) * (mix[24 * k + column] as number), 0);
  });
  return new Tensor(values, [steps, batch, 24]);
}

const furthest = (own: Tensor, other: Tensor) =>
  own.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (other.data[i] as number))), 0);

describe("calibrate", () => {
  it("makes int8 layers that are nearer to float32 on inputs like the samples, in every cell", () => {
    const input = likely(50, 4, 2);
    for (const mode of MODES) {
      const float = stackOf({
        mode,
        inputSize: 24,
        hiddenSize: 20,
        projSize: 0,
        numLayers: 2,
        bidirectional: true,
        seed: 3,
      });
      const before = bits(...Object.values(float.stateDict()));
      const [calibrated, plain] = [calibrate(float, [[likely(60, 4, 1)]]), quantize(float, { weights: "int8" })];
      expect([calibrated.constructor, calibrated.weights, String(calibrated)]).toEqual([
        float.constructor,
        "int8",
        String(plain),
      ]);
      const [exact] = forward(float, input);
      const [own, other] = [calibrated, plain].map((one) => furthest(forward(one, input)[0], exact));
      expect(own, mode).toBeLessThan(0.5 * (other as number));
      expect(bits(...Object.values(float.stateDict()))).toEqual(before);
    }
  });

  it("rounds each weight as well as it can make up for those behind it", () => {
    const [columns, rows] = [5, 6];
    const rnn = new RNN({ inputSize: columns, hiddenSize: rows, seed: 4 });
    const x = Tensor.randn([40, columns], { seed: 5 });
    for (let i = 0; i < x.size; i += columns) (x.data[i] as number) += x.data[i + 3] as number;
    const weight = rnn.stateDict().weight_ih_l0 as Tensor;
    const wanted = Array.from({ length: rows }, (_, row) =>
      rounded([...weight.data.subarray(row * columns, (row + 1) * columns)], secondMoments(x)),
    ).flat();
    const found = (calibrate(rnn, [[x]]).stateDict().weight_ih_l0 as Tensor).data;
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted[i] as number, 6);
    const plain = (quantize(rnn, { weights: "int8" }).stateDict().weight_ih_l0 as Tensor).data;
    expect(found).not.toEqual(plain);
  });

  it("keeps each row's largest weight and its scale, so that rounding again changes nothing", () => {
    const lstm = new LSTM({ inputSize: 24, hiddenSize: 10, numLayers: 2, seed: 6 });
    const small = calibrate(lstm, [[likely(30, 2, 1)]]);
    const [exact, own] = [lstm.stateDict(), small.stateDict()];
    for (const name of Object.keys(own).filter((name) => name.startsWith("weight"))) {
      const { data, shape } = own[name] as Tensor;
      const width = shape[1] as number;
      for (let at = 0; at < data.length; at += width) {
        const largest = (values: Float32Array) => Math.max(...values.subarray(at, at + width).map(Math.abs));
        expect(largest(data)).toBeCloseTo(largest((exact[name] as Tensor).data), 6);
      }
    }
    const again = quantize(dequantize(small), { weights: "int8" });
    const input = likely(20, 3, 7);
    expect(bits(again.forward(input)[0])).toEqual(bits(small.forward(input)[0]));
  });

  it("rounds to the nearest where samples tell nothing, and a projection always", () => {
    const lstm = new LSTM({ inputSize: 24, hiddenSize: 10, projSize: 4, seed: 6 });
    const plain = quantize(lstm, { weights: "int8" }).stateDict();
    const calibrated = calibrate(lstm, [[likely(30, 2, 1)]]).stateDict();
    expect(bits(calibrated.weight_hr_l0 as Tensor)).toEqual(bits(plain.weight_hr_l0 as Tensor));
    expect(bits(calibrated.weight_ih_l0 as Tensor)).not.toEqual(bits(plain.weight_ih_l0 as Tensor));
    const silent = calibrate(lstm, [[Tensor.zeros([5, 1, 24])]]).stateDict();
    expect(bits(silent.weight_ih_l0 as Tensor)).toEqual(bits(plain.weight_ih_l0 as Tensor));
  });

  it("takes all that forward takes, and any number of it", () => {
    const gru = new GRU({ inputSize: 24, hiddenSize: 16, batchFirst: true, seed: 6 });
    const x = likely(7, 2, 1).reshape([2, 7, 24]);
    const state = new Tensor(new Float32Array(2 * 16).fill(0.9), [1, 2, 16]);
    const dict = (samples: Iterable<Sample>) => bits(...Object.values(calibrate(gru, samples).stateDict()));
    expect(dict([[x, state]])).not.toEqual(dict([[x]]));
    function* samples(): Generator<Sample> {
      yield [x];
      yield [x, null];
      yield [x, state];
    }
    expect(dict(samples())).toEqual(dict([[x], [x], [x, state]]));
    const sequences = [likely(7, 1, 1), likely(3, 1, 2)].map((one) => one.reshape([-1, 24]));
    expect(dict([[packSequence(sequences)]])).toEqual(dict(sequences.map((one) => [one])));
  });

  it("makes of rows of zeros, and of those with an infinity, what quantize does", () => {
    const rnn = new RNN({ inputSize: 3, hiddenSize: 3, seed: 1 });
    const dict = rnn.stateDict();
    (dict.weight_ih_l0 as Tensor).data.fill(0, 0, 3);
    (dict.weight_ih_l0 as Tensor).data[4] = Number.POSITIVE_INFINITY;
    rnn.loadStateDict(dict);
    // All positive: with an infinite weight h is 1, and finite.
    const x = new Tensor(likely(40, 1, 1).data.subarray(0, 30).map(Math.abs), [10, 3]);
    const of = (module: RNN) => (module.stateDict().weight_ih_l0 as Tensor).data;
    const [own, plain] = [of(calibrate(rnn, [[x]])), of(quantize(rnn, { weights: "int8" }))];
    expect([...own.subarray(0, 6)]).toEqual([...plain.subarray(0, 6)]);
    expect([...own.subarray(6)]).not.toEqual([...plain.subarray(6)]);
  });

  it("refuses by name what it cannot take", () => {
    const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, seed: 1 });
    const x = Tensor.zeros([2, 3]);
    for (const module of [
      new LSTMCell({ inputSize: 3, hiddenSize: 4 }),
      new Linear({ inFeatures: 3, outFeatures: 2 }),
      {},
    ]) {
      const got = "weights" in module ? module.constructor.name : "Object";
      const message = new RegExp(`module must be an LSTM, GRU or RNN, got an? ${got}$`);
      expectError("OPTION", message, () => calibrate(module as never, [[x]]));
    }
    for (const samples of [[], undefined, null, 3]) {
      expectError("OPTION", /samples must be an array of \[input, state\], got/, () =>
        calibrate(lstm, samples as never),
      );
    }
    for (const samples of [x, [x], [[x], 3]]) {
      expectError("OPTION", /samples(\[\d\])? must be an array/, () => calibrate(lstm, samples as never));
    }
    for (const empty of [Tensor.zeros([0, 3]), Tensor.zeros([5, 0, 3])]) {
      expectError("OPTION", /samples must have rows, got none/, () => calibrate(lstm, [[empty], [empty]]));
    }
    calibrate(lstm, [[Tensor.zeros([0, 3])], [x]]);
    expectError("SHAPE_MISMATCH", /^samples\[1\]: input: /, () => calibrate(lstm, [[x], [Tensor.zeros([2, 4])]]));
    expectError("STATE", /^samples\[0\]: /, () => calibrate(lstm, [[x, x as never]]));
    lstm.dispose();
    expectError("DISPOSED", /^this LSTM/, () => calibrate(lstm, [[x]]));
  });

  it("names what is not finite", () => {
    const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, seed: 1 });
    const x = Tensor.zeros([2, 3]);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const message = new RegExp(`^samples\\[1\\] must be finite, got ${bad}`);
      expectError("OPTION", message, () => calibrate(lstm, [[x], [new Tensor([1, bad, 2], [1, 3])]]));
    }
    const state = new Tensor([1, Number.NaN, 1, 1], [1, 4]);
    expectError("OPTION", /^samples\[1\] must give finite h, got NaN$/, () =>
      calibrate(lstm, [[x], [x, [state, state]]]),
    );
    for (const name of ["weight_hh_l0", "bias_ih_l0"]) {
      const dict = lstm.stateDict();
      (dict[name] as Tensor).data[2] = Number.NaN;
      const broken = LSTM.fromStateDict(dict);
      const message = new RegExp(`^samples\\[0\\] must give finite h, got NaN; ${name} has NaN$`);
      expectError("OPTION", message, () => calibrate(broken, [[x]]));
    }
  });
});

/** The sums of products of two columns, and a tenth of their mean on the diagonal. */
function secondMoments(x: Tensor): number[][] {
  const width = x.shape[1] as number;
  const rows = x.toArray() as number[][];
  const sum = (i: number, j: number) => rows.reduce((all, row) => all + (row[i] as number) * (row[j] as number), 0);
  const mean = rows[0]?.reduce((all, _, i) => all + sum(i, i), 0) as number;
  return Array.from({ length: width }, (_, i) =>
    Array.from({ length: width }, (_, j) => sum(i, j) + (i === j ? (0.1 * mean) / width : 0)),
  );
}

/** From the last weight to the first: the nearest multiple of the scale to the best value that is left, found by elimination. */
function rounded(weights: readonly number[], moments: readonly number[][]): number[] {
  const largest = Math.max(...weights.map(Math.abs));
  const scale = largest / 127;
  const result = [...weights];
  for (let i = weights.length - 1; i >= 0; i--) {
    // The changes d of weights 0 to i for which M d is 0 there, with those behind them as they are.
    const system = Array.from({ length: i + 1 }, (_, row) => {
      const known = weights.reduce((sum, weight, j) => {
        return j > i ? sum + (moments[row]?.[j] as number) * ((result[j] as number) - weight) : sum;
      }, 0);
      return [...(moments[row] as number[]).slice(0, i + 1), -known];
    });
    const best = (weights[i] as number) + lastOf(system);
    const fixed = Math.abs(weights[i] as number) === largest;
    if (!fixed) result[i] = scale * Math.max(-127, Math.min(127, Math.round(best / scale)));
  }
  return result;
}

/** The last unknown of a system of equations. */
function lastOf(system: number[][]): number {
  for (const [k, pivot] of system.entries()) {
    for (const row of system.slice(k + 1)) {
      const factor = (row[k] as number) / (pivot[k] as number);
      for (const j of row.keys()) (row[j] as number) -= factor * (pivot[j] as number);
    }
  }
  const [value, wanted] = (system.at(-1) as number[]).slice(-2) as [number, number];
  return wanted / value;
}
