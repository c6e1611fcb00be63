import { GRU, LSTM, type StateDict, Tensor } from "lstm-wasm";
import { dequantize, Linear, type Parameter, quantize } from "lstm-wasm/nn";
import { load, loadMetadata, save } from "lstm-wasm/safetensors";
import { init, loadCheckpoint, saveCheckpoint } from "lstm-wasm/train";
import { describe, expect, it } from "vitest";
import { forward, MODES, stackOf } from "./support/cells.js";
import { bits, expectError, refuses, wave } from "./support/refusal.js";

const WEIGHTS = ["int8", "int16"] as const;
const sizes = { inputSize: 5, hiddenSize: 7, seed: 1 };
const input = new Tensor(wave(6 * 3 * 5), [6, 3, 5]);

/** The header of a file. */
function headerOf(
  bytes: Uint8Array,
): Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
}

/** A file of tensors as they are given: dtype, shape, and the bytes of an array. */
function file(tensors: Record<string, [dtype: string, shape: number[], values: ArrayBufferView]>): Uint8Array {
  let size = 0;
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, [dtype, shape, { byteLength }]]) => {
      const begin = size;
      size += byteLength;
      return [name, { dtype, shape, data_offsets: [begin, size] }];
    }),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  const parts = Object.values(tensors).map(([, , { buffer, byteOffset, byteLength }]) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  return new Uint8Array(Buffer.concat([length, text, ...parts]));
}

/** A GRU of one input and one unit, its weights of integers. */
function small(changes: Record<string, [string, number[], ArrayBufferView] | undefined> = {}): Uint8Array {
  const tensors = {
    weight_ih_l0: ["I8", [3, 2], Int8Array.of(1, -2, 3, 100, -127, 0)],
    "weight_ih_l0.scale": ["F32", [3], Float32Array.of(0.5, 0.01, 2)],
    weight_hh_l0: ["I8", [3, 1], Int8Array.of(5, 0, -9)],
    "weight_hh_l0.scale": ["F32", [3], Float32Array.of(0.1, 0.2, 0.3)],
    ...changes,
  };
  return file(
    Object.fromEntries(Object.entries(tensors).filter(([, one]) => one !== undefined)) as Parameters<typeof file>[0],
  );
}

describe.each(WEIGHTS)("%s weights in a file", (weights) => {
  it("come back to the bit, in every cell", () => {
    for (const mode of MODES) {
      const projSize = mode === "LSTM" ? 3 : 0;
      const narrow = quantize(stackOf({ mode, ...sizes, projSize, numLayers: 2, bidirectional: true }), { weights });
      const bytes = save(narrow.stateDict());
      const Class = narrow.constructor as typeof LSTM;
      const nonlinearity = mode === "RNN_RELU" ? { nonlinearity: "relu" } : {};
      const loaded = Class.fromStateDict(load(bytes), nonlinearity as object);
      expect(loaded.weights).toBe(weights);
      expect(bits(forward(loaded, input)[0])).toEqual(bits(forward(narrow, input)[0]));
      expect([...save(loaded.stateDict())]).toEqual([...bytes]);
    }
  });

  it("are integers, with a scale for each row beside, and biases as they were", () => {
    const lstm = new LSTM(sizes);
    const bytes = save(quantize(lstm, { weights }).stateDict());
    const header = headerOf(bytes);
    const dtype = weights === "int8" ? "I8" : "I16";
    expect(header).toMatchObject({
      weight_ih_l0: { dtype, shape: [28, 5] },
      "weight_ih_l0.scale": { dtype: "F32", shape: [28] },
      weight_hh_l0: { dtype, shape: [28, 7] },
      "weight_hh_l0.scale": { dtype: "F32", shape: [28] },
      bias_ih_l0: { dtype: "F32", shape: [28] },
    });
    const dict = load(bytes);
    expect(Object.keys(dict).sort()).toEqual(Object.keys(lstm.stateDict()).sort());
    expect(bits(dict.bias_ih_l0 as Tensor)).toEqual(bits(lstm.stateDict().bias_ih_l0 as Tensor));
    expect(dict.weight_hh_l0?.quantization?.weights).toBe(weights);
    expect(dict.bias_hh_l0?.quantization).toBeUndefined();
  });

  it("take a quarter or half of float32's bytes", () => {
    for (const [inputSize, hiddenSize] of [
      [64, 128],
      [256, 512],
    ] as const) {
      const lstm = new LSTM({ inputSize, hiddenSize, seed: 1 });
      const ratio = save(quantize(lstm, { weights }).stateDict()).length / save(lstm.stateDict()).length;
      expect(ratio).toBeLessThanOrEqual(weights === "int8" ? 0.28 : 0.53);
      lstm.dispose();
    }
  });

  it("become float32 where that is asked for", () => {
    const narrow = quantize(new LSTM(sizes), { weights });
    const expected = dequantize(narrow);
    const dict = load(save(narrow.stateDict()));
    const asked = LSTM.fromStateDict(dict, { weights: "float32" });
    expect(asked.train().weights).toBe("float32");
    const there = new LSTM(sizes);
    there.loadStateDict(dict);
    for (const module of [asked, there])
      expect(bits(...Object.values(module.stateDict()))).toEqual(bits(...Object.values(expected.stateDict())));
    const saved = save(narrow.stateDict(), undefined, { dtype: "F32" });
    expect([...saved]).toEqual([...save(expected.stateDict())]);
    expect(headerOf(save(narrow.stateDict(), undefined, { dtype: "BF16" })).weight_ih_l0).toMatchObject({
      dtype: "BF16",
    });
  });

  it("keep their integers in a clone of the state dict, and through quantize", () => {
    const narrow = quantize(new LSTM(sizes), { weights });
    const bytes = save(narrow.stateDict());
    const clone = structuredClone(narrow.stateDict()) as StateDict;
    expect([...save(clone)]).toEqual([...bytes]);
    expect(LSTM.fromStateDict(clone).weights).toBe(weights);
    // Scales that rounding anew would not find: a clone says them beside its values.
    const scale = Float32Array.of(0.5, 0.25, 0.75);
    const foreign = (shape: readonly number[]) => {
      const values = new Float32Array(3 * (shape[1] as number)).fill(1.5);
      return Object.assign(new Tensor(values, shape), { quantization: { weights, scale } });
    };
    const gru = structuredClone({ weight_ih_l0: foreign([3, 2]), weight_hh_l0: foreign([3, 1]) }) as StateDict;
    const again = GRU.fromStateDict(gru).stateDict();
    expect(again.weight_ih_l0?.quantization).toEqual({ weights, scale });
    expect([...(again.weight_ih_l0?.data ?? [])]).toEqual(Array(6).fill(1.5));
    expect([...save(quantize(narrow, { weights }).stateDict())]).toEqual([...bytes]);
  });

  it("are written by nobody once the module is made", () => {
    const linear = quantize(new Linear({ inFeatures: 3, outFeatures: 2, seed: 1 }), { weights });
    const before = bits(linear.stateDict().weight as Tensor);
    const [weight] = linear.parameters() as [Parameter];
    refuses(() => init.ones(weight), "QUANTIZED", "weight");
    refuses(() => init.orthogonal(weight), "QUANTIZED", "weight");
    refuses(
      () =>
        weight.set([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      "QUANTIZED",
      "weight",
    );
    const checkpoint = saveCheckpoint({ model: dequantize(linear) });
    refuses(() => loadCheckpoint(checkpoint, { model: linear }), "QUANTIZED", "weight");
    expect(bits(linear.stateDict().weight as Tensor)).toEqual(before);
  });

  it("are rounded again where others are asked for", () => {
    const other = weights === "int8" ? "int16" : "int8";
    const narrow = quantize(new LSTM(sizes), { weights });
    const module = LSTM.fromStateDict(load(save(narrow.stateDict())), { weights: other });
    expect(module.weights).toBe(other);
    expect([...save(module.stateDict())]).toEqual([
      ...save(quantize(dequantize(narrow), { weights: other }).stateDict()),
    ]);
  });

  it("that were changed since are refused", () => {
    const dict = quantize(new LSTM(sizes), { weights }).stateDict();
    (dict.weight_hh_l0 as Tensor).data[9] = 0.123456;
    expectError(
      "FILE",
      /dict\["weight_hh_l0"\], row 1: 0\.12345\d+ is not an integer from -\d+ to \d+ times the row's scale/,
      () => save(dict),
    );
    expectError("STATE_DICT", /weight_hh_l0, row 1: .+ is no int\d+ of 7 columns times the scale/, () =>
      LSTM.fromStateDict(dict),
    );
    expect(LSTM.fromStateDict(dict, { weights: "float32" }).weights).toBe("float32");
  });
});

it("scales of another tool are taken as they are", () => {
  const gru = GRU.fromStateDict({ ...load(small({})) }, {});
  expect(gru.weights).toBe("int8");
  const { weight_ih_l0: ih, weight_hh_l0: hh } = gru.stateDict();
  expect([...(ih?.quantization?.scale ?? [])]).toEqual([...Float32Array.of(0.5, 0.01, 2)]);
  expect([...(ih?.data ?? [])]).toEqual([
    ...Float32Array.of(0.5, -1, Math.fround(0.01) * 3, 100 * Math.fround(0.01), -254, 0),
  ]);
  expect([...(hh?.data ?? [])]).toEqual([...Float32Array.of(5 * Math.fround(0.1), 0, -9 * Math.fround(0.3))]);
  expect(gru.bias).toBe(false);
});

it("integers beyond what their kind has at this depth are refused, since sums could overflow", () => {
  // At 512 columns int16 has 2047: see levels in crates/lstm-core/src/gemm/narrow.rs.
  const wide = (value: number) => {
    const ih = new Int16Array(3 * 512).fill(value);
    return GRU.fromStateDict(
      load(
        file({
          weight_ih_l0: ["I16", [3, 512], ih],
          "weight_ih_l0.scale": ["F32", [3], Float32Array.of(1, 1, 1)],
          weight_hh_l0: ["I16", [3, 1], Int16Array.of(32767, 1, 1)],
          "weight_hh_l0.scale": ["F32", [3], Float32Array.of(1, 1, 1)],
        }),
      ),
    );
  };
  const most = 2047;
  expect(wide(most).stateDict().weight_ih_l0?.data[0]).toBe(most);
  expect(wide(-most).stateDict().weight_ih_l0?.data[0]).toBe(-most);
  for (const value of [most + 1, -most - 1, 32767, -32768]) {
    expectError(
      "STATE_DICT",
      new RegExp(`weight_ih_l0, row 0: ${value} is no int16 of 512 columns times the scale 1 of`),
      () => wide(value),
    );
  }
  const lowest = small({ weight_hh_l0: ["I8", [3, 1], Int8Array.of(1, -128, 1)] });
  expectError("STATE_DICT", /weight_hh_l0, row 1: .+ is no int8 of 1 columns/, () => GRU.fromStateDict(load(lowest)));
});

it("files whose integers and scales do not belong together are refused by name", () => {
  const wrong: [changes: Parameters<typeof small>[0], message: RegExp][] = [
    [{ "weight_ih_l0.scale": undefined }, /"weight_ih_l0" is I8 without a scale for each row: integer weights are/],
    [
      { "weight_ih_l0.scale": ["F32", [2], new Float32Array(2).fill(1)] },
      /of shape \[3, 2\] with scales of shape \[2\]/,
    ],
    [{ "weight_ih_l0.scale": ["F32", [3, 1], new Float32Array(3).fill(1)] }, /with scales of shape \[3, 1\]/],
    [{ "weight_ih_l0.scale": ["F32", [], new Float32Array(1).fill(1)] }, /with scales of shape \[\]/],
    [{ "weight_ih_l0.scale": ["I32", [3], new Int32Array(3).fill(1)] }, /"weight_ih_l0" is I8 without a scale/],
    ...[NaN, Infinity, -1, 0, -0].map((bad): [Parameters<typeof small>[0], RegExp] => [
      { "weight_ih_l0.scale": ["F32", [3], Float32Array.of(1, bad, 1)] },
      /with the scale \S+ for row 1, which is not positive and finite/,
    ]),
    [
      { "weight_ih_l0.scale": ["F32", [3], Float32Array.of(1, 3e37, 1)] },
      /scale \S+ for row 1, which leaves float32's range/,
    ],
    [{ weight_ih_l0: ["I8", [6], new Int8Array(6)] }, /of shape \[6\] with scales/],
    [{ weight_ih_l0: ["U8", [3, 2], new Uint8Array(6)] }, /is U8; load reads/],
    [{ weight_ih_l0: ["I32", [3, 2], new Int32Array(6)] }, /is I32; load reads/],
  ];
  for (const [changes, message] of wrong) {
    const bytes = small(changes);
    expectError("FILE", message, () => load(bytes));
    expect(Object.keys(loadMetadata(bytes))).toEqual([]);
    expect(load(bytes, { skipUnsupported: true })).not.toHaveProperty("weight_ih_l0");
  }
});

it("a module's weights are of one kind", () => {
  const sixteen = small({ weight_hh_l0: ["I16", [3, 1], Int16Array.of(5, 200, -9)] });
  expectError("STATE_DICT", /weights are int8,int16; give the option weights/, () => GRU.fromStateDict(load(sixteen)));
  const float = small({ weight_hh_l0: ["F32", [3, 1], Float32Array.of(5, 200, -9)], "weight_hh_l0.scale": undefined });
  expectError("STATE_DICT", /weights are \w+,\w+; give the option/, () => GRU.fromStateDict(load(float)));
  for (const bytes of [sixteen, float])
    expect(GRU.fromStateDict(load(bytes), { weights: "int8" }).weights).toBe("int8");
});

it("rows that are not finite have no scale to save", () => {
  const dict = new LSTM(sizes).stateDict();
  (dict.weight_ih_l0 as Tensor).data[7] = NaN;
  const narrow = LSTM.fromStateDict(dict, { weights: "int8" });
  expectError("FILE", /dict\["weight_ih_l0"\], row 1: NaN is not an integer/, () => save(narrow.stateDict()));
});

it("a name that scales need is taken by nobody else", () => {
  const dict = quantize(new LSTM(sizes), { weights: "int8" }).stateDict();
  expectError("FILE", /dict\["weight_ih_l0.scale"\] is also the name of a weight's scales/, () =>
    save({ ...dict, "weight_ih_l0.scale": [1] }),
  );
  for (const quantization of [
    {},
    { weights: "int4", scale: new Float32Array(28) },
    { weights: "int8", scale: [1] },
    { weights: "int8", scale: new Float32Array(3) },
  ]) {
    refuses(
      () => save({ a: Object.assign(Tensor.zeros([28, 5]), { quantization }) as never }),
      "DTYPE",
      "quantization",
    );
  }
});
