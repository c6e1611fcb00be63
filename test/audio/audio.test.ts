/**
 * Models of amplifiers: what they compute here is what the programs compute that they are made for.
 * `FUZZ_SECONDS=600 npx vitest run test/audio -t changed` fuzzes for ten minutes, from another seed.
 */
import { GRU, LSTM, RNN, Tensor } from "lstm-wasm";
import { type AudioLayer, type AudioModel, load } from "lstm-wasm/audio";
import { Linear, Sequential, Sigmoid, Tanh } from "lstm-wasm/nn";
import { describe, expect, it } from "vitest";
import { mulberry32 } from "../../examples/mulberry32.js";
import { FUZZ_TIMEOUT, fuzz, mutated, takenBy } from "../support/mutate.js";
import { dense, type Matrix, nam, rtneuralGru, rtneuralLstm } from "./reference.js";

const random = mulberry32(14);
const vector = (length: number): number[] => Array.from({ length }, () => Math.fround(1.6 * random() - 0.8));
const matrix = (rows: number, columns: number): Matrix => Array.from({ length: rows }, () => vector(columns));
const samples = matrix(60, 1);

function moduleOf(layer: AudioLayer) {
  if (layer.kind === "LSTM") return LSTM.fromStateDict(layer.stateDict);
  if (layer.kind === "GRU") return GRU.fromStateDict(layer.stateDict);
  if (layer.kind === "RNN") return RNN.fromStateDict(layer.stateDict);
  if (layer.kind === "Linear") return Linear.fromStateDict(layer.stateDict);
  return layer.kind === "Tanh" ? new Tanh() : new Sigmoid();
}

/** What a model gives for samples, its initial state left out. */
function play(model: AudioModel, input: Matrix): number[] {
  const output = new Sequential(model.layers.map(moduleOf)).forward(new Tensor(input));
  return [...output.data].map((y, n) => model.gain * y + (model.skip ? (input[n]?.[0] as number) : 0));
}

function expectClose(got: readonly number[], expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  expect(Math.max(...got.map((y, n) => Math.abs(y - (expected[n] as number))))).toBeLessThan(1e-5);
}

const shape = (columns: number) => [null, null, columns];
const lstmWeights = [matrix(1, 20), matrix(5, 20), vector(20)] as const;
const gruWeights = [matrix(5, 12), matrix(4, 12), matrix(2, 12)] as const;
const denseWeights = [matrix(4, 1), vector(1)] as const;
const stacked = {
  in_shape: shape(1),
  layers: [
    { type: "lstm", activation: "tanh", shape: shape(5), weights: lstmWeights },
    { type: "gru", activation: "tanh", shape: shape(4), weights: gruWeights },
    { type: "dense", activation: "tanh", shape: shape(1), weights: denseWeights },
  ],
};

describe("RTNeural", () => {
  const h = rtneuralGru(
    ...(gruWeights as unknown as [Matrix, Matrix, Matrix]),
    rtneuralLstm(lstmWeights[0], lstmWeights[1], lstmWeights[2], samples),
  );
  const expected = dense(denseWeights[0], denseWeights[1], h).map(([y]) => Math.tanh(y as number));

  it("stacks LSTM, GRU and dense layers", () => {
    const model = load(JSON.stringify(stacked));
    expect(model.layers.map(({ kind }) => kind)).toEqual(["LSTM", "GRU", "Linear", "Tanh"]);
    expect(model).toMatchObject({ format: "RTNeural", inputSize: 1, outputSize: 1, skip: false, gain: 1 });
    expectClose(play(model, samples), expected);
  });

  it("adds the input and the gain of AIDA-X", () => {
    const model = load(JSON.stringify({ ...stacked, in_skip: 1, out_gain: -6, samplerate: 48000 }));
    expect(model).toMatchObject({ skip: true, sampleRate: 48000 });
    const gain = 10 ** (-6 / 20);
    expectClose(
      play(model, samples),
      expected.map((y, n) => gain * y + (samples[n]?.[0] as number)),
    );
  });
});

/** A module's parameters as nested arrays, each under a prefix. */
const nested = (prefix: string, dict: Record<string, Tensor>) =>
  Object.fromEntries(Object.entries(dict).map(([name, tensor]) => [`${prefix}${name}`, tensor.toArray()]));

describe("GuitarML and state dicts", () => {
  for (const [unit, Stack] of [
    ["LSTM", LSTM],
    ["GRU", GRU],
    ["RNN", RNN],
  ] as const) {
    it(`reads the parameters of an nn.${unit}`, () => {
      const rec = new Stack({ inputSize: 2, hiddenSize: 6, numLayers: 2, seed: 1 });
      const lin = new Linear({ inFeatures: 6, outFeatures: 1, seed: 2 });
      const state_dict = { ...nested("rec.", rec.stateDict()), ...nested("lin.", lin.stateDict()) };
      const model_data = { model: "SimpleRNN", input_size: 2, skip: 1, unit_type: unit, hidden_size: 6 };
      const model = load(JSON.stringify({ model_data, state_dict }));
      expect(model).toMatchObject({ format: "GuitarML", inputSize: 2, outputSize: 1, skip: true });
      expect(model.layers.map(({ name, kind }) => `${name} ${kind}`)).toEqual([`rec ${unit}`, "lin Linear"]);
      const input = matrix(30, 2);
      const plain = new Sequential(rec, lin).forward(new Tensor(input)).data;
      expectClose(
        play(model, input),
        [...plain].map((y, n) => y + (input[n]?.[0] as number)),
      );

      const bare = load(JSON.stringify(state_dict));
      expect(bare).toMatchObject({ format: "state dict", skip: false });
      expect(play(bare, input)).toEqual([...plain]);
    });
  }
});

describe("Neural Amp Modeler", () => {
  for (const num_layers of [1, 3]) {
    it(`reads an LSTM of ${num_layers} layers, which starts from a state of its own`, () => {
      const config = { input_size: 1, hidden_size: 4, num_layers };
      const weights = vector(4 * 4 * (1 + 4 + 1) + 8 + (num_layers - 1) * (4 * 4 * 9 + 8) + 5);
      const model = load(
        JSON.stringify({ version: "0.5.4", architecture: "LSTM", config, weights, sample_rate: 48000 }),
      );
      expect(model).toMatchObject({ format: "NAM", inputSize: 1, outputSize: 1, skip: false, sampleRate: 48000 });
      const [lstm, head] = model.layers as [Extract<AudioLayer, { kind: "LSTM" }>, AudioLayer];
      const { h, c } = lstm.state as NonNullable<typeof lstm.state>;
      const [output] = LSTM.fromStateDict(lstm.stateDict).forward(new Tensor(samples.map((x) => [x])), [h, c]);
      const y = Linear.fromStateDict(head.stateDict).forward(output).data;
      expectClose([...y], nam(config, weights, samples.flat()));
    });
  }
});

describe("what is refused", () => {
  const withLayer = (layer: object) => JSON.stringify({ ...stacked, layers: [...stacked.layers, layer] });
  const cases: [string, unknown, RegExp][] = [
    ["bytes", new Uint8Array(3), /text must be the file's text, a string, got a Uint8Array/],
    ["text that is no JSON", "PK", /it is not JSON/],
    ["an array", "[1]", /must be a JSON object/],
    ["a WaveNet", '{"architecture":"WaveNet"}', /the architecture "WaveNet" has no recurrent layer/],
    ["a convolution", withLayer({ type: "conv1d" }), /layer 3 \("conv1d"\) is not read/],
    ["another activation", withLayer({ type: "activation", activation: "elu" }), /the activation "elu"/],
    [
      "a width that does not fit",
      withLayer(stacked.layers[1] as object),
      /layer 3 reads 5 values, and 1 come before it/,
    ],
    [
      "weights too few",
      '{"architecture":"LSTM","config":{"input_size":1,"hidden_size":1e9,"num_layers":1e9},"weights":[1]}',
      /weights must be .* numbers/,
    ],
    [
      "a fraction",
      '{"architecture":"LSTM","config":{"input_size":1.5,"hidden_size":1,"num_layers":1},"weights":[1]}',
      /input_size must be an integer/,
    ],
    ["rows of two lengths", '{"weight_ih_l0":[[1],[1,2]]}', /arrays of numbers, all of one length/],
    ["text for a number", '{"weight_ih_l0":[["1"]]}', /must be arrays of numbers, all of one length, got "1"/],
    ["no recurrent layer", '{"weight":[[1]]}', /it has no LSTM, GRU or RNN/],
    ["an empty object", "{}", /it has no LSTM, GRU or RNN/],
    ["other parameters", '{"conv.kernel":[[1]]}', /"conv.kernel" is of no LSTM, GRU, RNN or Linear/],
    ["__proto__", '{"__proto__":{"architecture":"LSTM"}}', /"__proto__" is of no LSTM/],
    ["a skip of two", JSON.stringify({ ...stacked, in_skip: 2 }), /in_skip must be 0 or 1, got 2/],
    [
      "a unit of another kind",
      '{"model_data":{"unit_type":"GRU"},"state_dict":{"weight_ih_l0":[[1]],"weight_hh_l0":[[1]]}}',
      /unit_type is "GRU"/,
    ],
    ["deep nesting", `${"[".repeat(1e5)}${"]".repeat(1e5)}`, /Not a readable audio model/],
  ];
  for (const [what, text, message] of cases) {
    it(what, () => {
      expect(() => load(text as string)).toThrow(message);
      expect(() => load(text as string)).toThrow(expect.objectContaining({ name: "LSTMError", code: "FILE" }));
    });
  }

  it("whatever a file is changed to: an LSTMError, or layers that make modules", {
    timeout: FUZZ_TIMEOUT,
  }, async () => {
    const files = [
      JSON.stringify({ ...stacked, in_skip: 1 }),
      JSON.stringify({
        state_dict: nested("rec.", new GRU({ inputSize: 1, hiddenSize: 2, seed: 1 }).stateDict()),
        model_data: {},
      }),
      JSON.stringify({
        architecture: "LSTM",
        config: { input_size: 1, hidden_size: 1, num_layers: 1 },
        weights: vector(4 * 3 + 2 + 2),
      }),
    ];
    const bytes = files.map((file) => new TextEncoder().encode(file));
    const parts = ["null", "1e9", "-1", "{}", "[]", '"__proto__"', "true", "1e999", "[[[]]]", '"lstm"'];
    /** A file with another value somewhere. */
    const replaced = (random: () => number) => {
      const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
      const file = pick(files);
      const token = pick([...file.matchAll(/-?\d+(\.\d+)?|"\w+"|null|\[[^[\]]*\]/g)]);
      const end = token.index + token[0].length;
      return new TextEncoder().encode(file.slice(0, token.index) + pick(parts) + file.slice(end));
    };
    const outcome = (changed: Uint8Array) =>
      takenBy(() => {
        const { layers } = load(new TextDecoder().decode(changed));
        for (const layer of layers) moduleOf(layer).dispose();
        return layers.length > 0;
      }, 3000);
    const source = (random: () => number) => (random() < 0.5 ? mutated(random, bytes) : replaced(random));
    const { rounds, taken } = await fuzz(6000, source, outcome);
    expect(taken).toBeGreaterThan(rounds / 50);
    expect(taken).toBeLessThan(rounds);
    expect(({} as Record<string, unknown>).architecture).toBeUndefined();
  });
});
