/** Keras models give here what they gave in Keras: test/fixtures/keras/generate.py wrote them, and its outputs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LSTM, packPaddedSequence, padPackedSequence, Tensor } from "lstm-wasm";
import { type KerasLayer, load } from "lstm-wasm/keras";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "../fixtures/keras");
const file = (name: string) => readFileSync(join(folder, name));
type Nested = readonly (number | Nested)[];
const expected: Record<string, { input: number[][]; outputs: Nested[] }> = JSON.parse(String(file("expected.json")));

function expectClose(got: Tensor, wanted: Nested): void {
  const flat = (wanted as number[][][]).flat(2);
  expect(got.size).toBe(flat.length);
  expect(Math.max(...flat.map((value, i) => Math.abs(value - (got.data[i] as number))))).toBeLessThan(1e-5);
}

const sketch = ({ name, kind, options, attributes }: KerasLayer) => ({
  name: name.replace(/_\d+$/, ""),
  kind,
  options,
  attributes,
});

describe("whole models", () => {
  for (const name of Object.keys(expected).filter((name) => name !== "branches")) {
    for (const ending of ["keras", "h5"]) {
      it(`${name}.${ending}`, async () => {
        const { input, outputs } = expected[name] as { input: number[][]; outputs: Nested[] };
        const { model, obstacle } = await load(file(`${name}.${ending}`));
        expect(obstacle).toBeUndefined();
        for (const output of outputs) expectClose((model as NonNullable<typeof model>).forward(input), output);
        model?.resetStates();
        expectClose((model as NonNullable<typeof model>).forward(input), outputs[0] as Nested);
        model?.dispose();
        expect(() => model?.forward(input)).toThrow("this KerasModel was disposed");
      });
    }
  }

  it("says which layer stands in the way, and reads the recurrent ones", async () => {
    for (const ending of ["keras", "h5"]) {
      const { model, obstacle, layers } = await load(file(`branches.${ending}`));
      expect(model).toBeUndefined();
      expect(obstacle).toMatch(/layer "(gru|concatenate)(_\d+)?" does not read just the layer before it/);
      expect(layers.map(({ kind }) => kind).sort()).toEqual(["GRU", "LSTM"]);
    }
  });
});

/**
 * A model that people use, as Keras 2 saved it: fixtures/keras/nakdimon.py cut its layers down, and ran them. With NAKDIMON
 * set to the names of the whole file and of what the script made of that, these are compared.
 */
it("nakdimon's layers give what Keras gives, and what follows them is no chain", { timeout: 60_000 }, async () => {
  const [h5, json] = process.env.NAKDIMON?.split(",") ?? [join(folder, "nakdimon.h5"), join(folder, "nakdimon.json")];
  const { lengths, embedded, outputs } = JSON.parse(readFileSync(json as string, "utf8"));
  const { layers, obstacle } = await load(readFileSync(h5 as string));
  expect(obstacle).toBe('layer "D" does not read just the layer before it');
  expect(layers.map(({ kind, attributes }) => `${kind} ${attributes.mergeMode} ${attributes.maskZero}`)).toEqual(
    Array(2).fill("LSTM sum true"),
  );
  let x = new Tensor(embedded);
  for (const [i, layer] of layers.entries()) {
    const lstm = layer.create() as LSTM;
    const [packed] = lstm.forward(packPaddedSequence(x, lengths, { batchFirst: true })); // the mask leaves out the zeros
    const [both] = padPackedSequence(packed, { batchFirst: true });
    const [batch = 0, steps = 0] = both.shape;
    const sum = Tensor.zeros([batch, steps, lstm.hiddenSize]);
    for (let row = 0; row < batch * steps; row++) {
      for (let unit = 0; unit < lstm.hiddenSize; unit++) {
        const at = 2 * row * lstm.hiddenSize + unit;
        sum.data[row * lstm.hiddenSize + unit] =
          (both.data[at] as number) + (both.data[at + lstm.hiddenSize] as number);
      }
    }
    expectClose(sum, outputs[i]);
    x = sum;
    lstm.dispose();
  }
});

it("refuses an input of another rank, and to train", async () => {
  const [rows, words] = [(await load(file("stacked.keras"))).model, (await load(file("words.keras"))).model];
  expect(() => rows?.forward([[1, 2, 3]])).toThrow("input: expected (batch, steps, values), got shape [1, 3]");
  expect(() => words?.forward([1, 2])).toThrow("input: expected indices (batch, steps), got shape [2]");
  expect(() => words?.forward([[11]])).toThrow(/11/);
  expect(() => words?.train()).toThrow("a KerasModel has no backward");
});

describe("layers", () => {
  it("tells options and attributes, the same from every format", async () => {
    for (const name of ["stacked", "gru", "rnn", "merged", "words", "masked", "stateful"]) {
      const [one, other] = [await load(file(`${name}.keras`)), await load(file(`${name}.h5`))];
      expect(one.layers.map(sketch)).toEqual(other.layers.map(sketch));
      expect(one.layers.map(({ stateDict }) => stateDict)).toEqual(other.layers.map(({ stateDict }) => stateDict));
    }
    const { layers } = await load(file("words.keras"));
    expect(layers.map(sketch)).toEqual([
      {
        name: "bidirectional",
        kind: "LSTM",
        options: { inputSize: 4, hiddenSize: 3, numLayers: 1, bias: true, batchFirst: true, bidirectional: true },
        attributes: {
          returnSequences: true,
          goBackwards: false,
          stateful: false,
          mergeMode: "sum",
          maskZero: true,
          zeroOutputForMask: true,
          assumedActivations: false,
        },
      },
      {
        name: "bidirectional",
        kind: "GRU",
        options: { inputSize: 3, hiddenSize: 3, numLayers: 1, bias: true, batchFirst: true, bidirectional: true },
        attributes: {
          returnSequences: false,
          goBackwards: false,
          stateful: false,
          mergeMode: "concat",
          maskZero: true,
          zeroOutputForMask: false,
          assumedActivations: false,
        },
      },
    ]);
    const [relu] = (await load(file("rnn.keras"))).layers;
    expect(relu?.options).toMatchObject({ nonlinearity: "relu", bias: false });
    expect((await load(file("stateful.h5"))).layers.map(({ attributes }) => attributes.stateful)).toEqual([true, true]);
  });

  it("makes modules, and wants to hear that a backward one gets its input flipped", async () => {
    const [first, second] = (await load(file("stacked.keras"))).layers;
    expect(first?.create()).toBeInstanceOf(LSTM);
    expect(() => second?.create()).toThrow(/goes backwards .*create\(\{ flipped: true \}\)/);
    expect(second?.create({ flipped: true }).batchFirst).toBe(true);
    expect(() => first?.create({ flipped: true })).toThrow("does not go backwards");
  });

  it("reads weights alone, and says that their activations are assumed", async () => {
    const { layers, model, obstacle } = await load(file("merged.weights.h5"), { recurrentActivation: "sigmoid" });
    const whole = (await load(file("merged.keras"))).layers;
    expect(layers.map(({ kind, options }) => ({ kind, options }))).toEqual(
      whole.map(({ kind, options }) => ({ kind, options })),
    );
    expect(layers[0]?.stateDict).toEqual(whole[0]?.stateDict);
    expect(layers[0]?.attributes).toMatchObject({ assumedActivations: true, returnSequences: undefined });
    expect(model).toBeUndefined();
    expect(obstacle).toMatch("weights alone");
    const old = await load(file("rnn.keras2.hdf5"));
    const { layers: named } = await load(file("rnn.h5"));
    expect(old.layers.map(({ name, kind, stateDict }) => ({ name, kind, stateDict }))).toEqual(
      named.map(({ name, kind, stateDict }) => ({ name, kind, stateDict })),
    );
    await expect(load(file("merged.weights.h5"), { recurrentActivation: "hard_sigmoid" })).rejects.toThrow(
      'recurrentActivation must be "sigmoid"',
    );
  });
});

describe("what is refused", () => {
  it("by the layer's name", async () => {
    await expect(load(file("hard.keras"))).rejects.toThrow(
      /layer "lstm_\d+" \(LSTM\) has the recurrent_activation "hard_sigmoid"/,
    );
    await expect(load(file("before.keras"))).rejects.toThrow(
      /layer "gru_\d+" \(GRU\) multiplies by the reset gate before .* \(reset_after=False\)/,
    );
  });

  it("what is no Keras file", async () => {
    await expect(load(new Uint8Array(9))).rejects.toThrow(expect.objectContaining({ name: "LSTMError", code: "FILE" }));
    await expect(load("model.h5" as never)).rejects.toThrow("bytes must be a Uint8Array");
    await expect(load(file("stacked.h5").subarray(0, 2000))).rejects.toThrow(/HDF5 at .*truncated/);
    await expect(load(file("stacked.keras").subarray(0, 2000))).rejects.toThrow(/zip archive/);
  });
});
