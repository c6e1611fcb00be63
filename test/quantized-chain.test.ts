import { GRU, LSTM, LSTMCell, packSequence, type StateDict, Tensor } from "lstm-wasm";
import {
  argmax,
  Dropout,
  dequantize,
  Embedding,
  Last,
  LayerNorm,
  Linear,
  Module,
  Parameter,
  quantize,
  ReLU,
  Sequential,
  Softmax,
} from "lstm-wasm/nn";
import { load, save } from "lstm-wasm/safetensors";
import { describe, expect, it } from "vitest";
import { bits, expectError, refuses, wave } from "./support/refusal.js";

const WEIGHTS = ["int8", "int16"] as const;
const ids = [
  [3, 1, 0],
  [2, 2, 4],
  [0, 1, 3],
];

/** Every module that can stand in a chain. */
const model = () =>
  new Sequential({
    embedding: new Embedding({ numEmbeddings: 5, embeddingDim: 6, paddingIdx: 0, seed: 1 }),
    encoder: new Sequential({
      lstm: new LSTM({ inputSize: 6, hiddenSize: 8, bidirectional: true, batchFirst: true, seed: 2 }),
      norm: new LayerNorm({ normalizedShape: 16, eps: 1e-4, bias: false }),
    }),
    drop: new Dropout({ p: 0.3, seed: 1 }),
    gru: new GRU({ inputSize: 16, hiddenSize: 7, batchFirst: true, seed: 3 }),
    relu: new ReLU(),
    last: new Last({ batchFirst: true }),
    head: new Linear({ inFeatures: 7, outFeatures: 4, seed: 4 }),
    softmax: new Softmax({ dim: 1 }),
  });
const PARTS = {
  embedding: Embedding,
  encoder: (all: StateDict, options: { prefix: string }) =>
    Sequential.fromStateDict(
      all,
      {
        lstm: (dict, given) => LSTM.fromStateDict(dict, { ...given, batchFirst: true }),
        norm: new LayerNorm({ normalizedShape: 16, eps: 1e-4, bias: false }),
      },
      options,
    ),
  drop: Dropout,
  gru: (all: StateDict, options: { prefix: string }) => GRU.fromStateDict(all, { ...options, batchFirst: true }),
  relu: ReLU,
  last: new Last({ batchFirst: true }),
  head: Linear,
  softmax: new Softmax({ dim: 1 }),
};

describe.each(WEIGHTS)("%s weights", (weights) => {
  it("make a whole chain smaller, which gives nearly the same", () => {
    const float = model();
    const before = bits(...Object.values(float.stateDict()));
    const narrow = quantize(float, { weights });
    expect(bits(...Object.values(float.stateDict()))).toEqual(before);
    expect(narrow).toBeInstanceOf(Sequential);
    expect(String(narrow)).toBe(String(float));
    const { embedding, encoder, gru, head } = narrow.modules as Record<string, Embedding>;
    for (const part of [embedding, (encoder as unknown as Sequential).modules.lstm as GRU, gru, head])
      expect(part?.weights).toBe(weights);
    const [exact, output] = [float.forward(ids), narrow.forward(ids)];
    expect(bits(output)).not.toEqual(bits(exact));
    for (const [at, value] of exact.data.entries())
      expect(output.data[at]).toBeCloseTo(value, weights === "int8" ? 2 : 3);
    expect(argmax(output, 1).data).toEqual(argmax(exact, 1).data);
    float.dispose();
    expect(bits(narrow.forward(ids))).toEqual(bits(output));
    narrow.dispose();
    refuses(() => narrow.forward(ids), "DISPOSED");
    refuses(() => quantize(narrow, { weights }), "DISPOSED");
  });

  it("go to a file and come back, inner chains too", () => {
    const narrow = quantize(model(), { weights });
    const bytes = save(narrow.stateDict());
    const loaded = Sequential.fromStateDict(load(bytes), PARTS);
    expect(bits(loaded.forward(ids))).toEqual(bits(narrow.forward(ids)));
    expect([...save(loaded.stateDict())]).toEqual([...bytes]);
    const float = dequantize(loaded);
    expect(bits(...Object.values(float.stateDict()))).toEqual(bits(...Object.values(narrow.stateDict())));
    float.train();
    float.backward(Tensor.zeros(float.forward(ids).shape));
  });

  it("of an Embedding stand for its rows exactly, packed too", () => {
    const embedding = quantize(new Embedding({ numEmbeddings: 9, embeddingDim: 5, paddingIdx: -1, seed: 1 }), {
      weights,
    });
    const { weight } = embedding.stateDict() as { weight: Tensor };
    expect(embedding.paddingIdx).toBe(8);
    const rows = embedding.forward([
      [8, 0],
      [3, 8],
    ]);
    expect(rows.shape).toEqual([2, 2, 5]);
    expect(bits(rows).flat()).toEqual(bits(...[8, 0, 3, 8].map((index) => weight.select(0, index))).flat());
    const packed = embedding.forward(
      packSequence([[[1], [2]], [[3]]].map((one) => new Tensor(one).reshape([-1])) as never),
    );
    expect(bits(packed.data).flat()).toEqual(bits(...[1, 3, 2].map((index) => weight.select(0, index))).flat());
    refuses(() => embedding.forward([9]), "OPTION");
    expect(embedding.forward([]).shape).toEqual([0, 5]);
  });

  it("of a Linear give each row the bits that it has alone", () => {
    const linear = new Linear({ inFeatures: 37, outFeatures: 21, seed: 1 });
    const narrow = quantize(linear, { weights });
    const x = new Tensor(wave(19 * 37), [19, 37]);
    const output = narrow.forward(x);
    expect(bits(output)).not.toEqual(bits(linear.forward(x)));
    for (let row = 0; row < 19; row++)
      expect(bits(narrow.forward(x.select(0, row)))).toEqual(bits(output.select(0, row)));
    for (const [at, value] of linear.forward(x).data.entries()) expect(output.data[at]).toBeCloseTo(value, 1);
    const bias = narrow.parameters()[1];
    expect(bits(bias?.data as Float32Array)).toEqual(bits(linear.parameters()[1]?.data as Float32Array));
    bias?.data.fill(0);
    expect(bits(narrow.forward(x))).not.toEqual(bits(output));
    const again = Linear.fromStateDict(linear.stateDict({ prefix: "a." }), { prefix: "a.", weights });
    expect(bits(again.forward(x))).toEqual(bits(output));
    expect(quantize(new Linear({ inFeatures: 2, outFeatures: 2, bias: false }), { weights }).bias).toBe(false);
  });

  it("of a Linear are its integers' sums", () => {
    // Everything below is exact in float32, but for the row's own rounding: integers to 127 by scales that are powers of two.
    const dict = {
      weight: [
        [127, -3],
        [-127, 64],
      ],
      bias: [1, 2],
    };
    const narrow = Linear.fromStateDict(dict, { weights });
    const [a, b] = narrow.forward([[1, -1]]).data as unknown as [number, number];
    expect(a).toBeCloseTo(131, 1);
    expect(b).toBeCloseTo(-189, 1);
  });

  it("of a Linear take inputs up to 1e32, however many and whatever the weights", () => {
    for (const [columns, weight] of [
      [1, 1e-3],
      [3, 1e3],
      [512, 1],
      [1500, 1],
    ] as const) {
      const dict = { weight: new Tensor(new Float32Array(columns).fill(weight), [1, columns]), bias: [0] };
      const x = new Tensor(new Float32Array(columns).fill(1e32), [1, columns]);
      const [exact] = Linear.fromStateDict(dict).forward(x).data as unknown as [number];
      const [own] = Linear.fromStateDict(dict, { weights }).forward(x).data as unknown as [number];
      expect(own / exact).toBeCloseTo(1, 3);
    }
  });

  it("of layers cannot be trained or read in place", () => {
    for (const layer of [
      new Linear({ inFeatures: 3, outFeatures: 2 }),
      new Embedding({ numEmbeddings: 3, embeddingDim: 2 }),
    ]) {
      const narrow = quantize(layer, { weights });
      expectError("QUANTIZED", new RegExp(`train\\(\\): this \\w+ has ${weights} weights`), () => narrow.train());
      const [weight] = narrow.parameters();
      refuses(() => weight?.data, "QUANTIZED", "weight");
      refuses(() => weight?.set(Tensor.zeros(weight.shape)), "QUANTIZED");
      refuses(() => narrow.loadStateDict(layer.stateDict()), "QUANTIZED");
      expect(weight?.grad).toBeNull();
      narrow.zeroGrad();
      expect(String(narrow)).toBe(String(layer));
      expect(dequantize(narrow).train().training).toBe(true);
    }
  });

  it("that are there already keep a chain from loading, before anything is written", () => {
    const head = new Linear({ inFeatures: 7, outFeatures: 2, seed: 1 });
    const lstm = quantize(new LSTM({ inputSize: 5, hiddenSize: 7, seed: 1 }), { weights });
    const dict = new Sequential({
      head: new Linear({ inFeatures: 7, outFeatures: 2, seed: 9 }),
      lstm: new LSTM({ inputSize: 5, hiddenSize: 7 }),
    }).stateDict();
    const before = bits(...Object.values(head.stateDict()));
    refuses(() => Sequential.fromStateDict(dict, { head, lstm }), "QUANTIZED");
    expect(bits(...Object.values(head.stateDict()))).toEqual(before);
  });
});

describe("what quantize does not know is told", () => {
  class Tagger extends Module {
    readonly lstm = new LSTM({ inputSize: 2, hiddenSize: 2 });
  }
  class Chain extends Sequential {
    constructor(size: number) {
      super({ lstm: new LSTM({ inputSize: size, hiddenSize: 2 }) });
    }
  }
  class Fixed extends LSTM {
    constructor() {
      super({ inputSize: 2, hiddenSize: 3 });
    }
  }
  class Sized extends Linear {
    constructor(size: number) {
      super({ inFeatures: size, outFeatures: 3 });
    }
  }
  class Plain extends LSTM {
    readonly mine = 1;
  }

  it("modules of one's own, and other values", () => {
    const message =
      /module must be an LSTM, GRU or RNN, .*got a Tagger; a module of your own takes its parts quantized one by one/;
    expectError("OPTION", message, () => quantize(new Tagger(), { weights: "int8" }));
    for (const value of [{}, null, undefined, 3, "lstm", []])
      refuses(() => quantize(value as never, { weights: "int8" }), "OPTION", "module");
  });

  it("subclasses with another constructor", () => {
    for (const module of [new Chain(2), new Fixed(), new Sized(2)]) {
      const message = new RegExp(`module is an? ${module.constructor.name}, whose constructor does not take what`);
      expectError("OPTION", message, () => quantize(module, { weights: "int8" }));
      if (!(module instanceof Fixed)) expectError("OPTION", message, () => dequantize(module));
    }
    const chain = new Sequential({ a: new Linear({ inFeatures: 2, outFeatures: 2 }), b: new Fixed() });
    expectError("OPTION", /module\.modules\.b is a Fixed, whose/, () => quantize(chain, { weights: "int8" }));
    chain.forward([[1, 2]]); // and stays usable
  });

  it("but not a subclass with the same", () => {
    const narrow = quantize(new Plain({ inputSize: 2, hiddenSize: 3 }), { weights: "int8" });
    expect(narrow).toBeInstanceOf(Plain);
    expect([narrow.mine, narrow.weights]).toEqual([1, "int8"]);
    expect(quantize(new LSTMCell({ inputSize: 2, hiddenSize: 3 }), { weights: "int8" }).weights).toBe("int8");
  });

  it("and a subclass's own parameters are copied", () => {
    class Gained extends Sequential {
      readonly gain = new Parameter([1]);
      override forward(input: never): never {
        const output = super.forward(input);
        return new Tensor(
          output.data.map((value) => value * (this.gain.data[0] as number)),
          output.shape,
        ) as never;
      }
    }
    class GainedLinear extends Linear {
      readonly gain = new Parameter([1]);
    }
    class GainedLSTM extends LSTM {
      readonly gain = new Parameter([1]);
    }
    const size = { inFeatures: 2, outFeatures: 2, seed: 1 };
    const inner = new Gained({ a: new Linear(size) });
    const chain = new Gained({ inner, b: new Linear(size) });
    chain.gain.set([5]);
    inner.gain.set([7]);
    for (const other of [quantize(chain, { weights: "int8" }), dequantize(chain)]) {
      expect([...other.gain.data, ...(other.modules.inner as Gained).gain.data]).toEqual([5, 7]);
      expect(other.gain).not.toBe(chain.gain);
    }
    expect(bits(dequantize(chain).forward([[1, 2]] as never))).toEqual(bits(chain.forward([[1, 2]] as never)));
    for (const module of [new GainedLinear(size), new GainedLSTM({ inputSize: 2, hiddenSize: 2 })]) {
      module.gain.set([5]);
      expect([...quantize(module, { weights: "int8" }).gain.data]).toEqual([5]);
    }
  });

  it("or refused, if its constructor makes others; its other fields are its constructor's", () => {
    class Scaled extends Sequential {
      scale = 3;
      gain: Parameter | undefined = new Parameter([1]);
    }
    const linear = new Linear({ inFeatures: 2, outFeatures: 2 });
    const chain = new Scaled(linear);
    chain.scale = 4;
    expect(quantize(chain, { weights: "int8" }).scale).toBe(3);
    for (const gain of [new Parameter([1, 2]), undefined]) {
      chain.gain = gain;
      expectError("OPTION", /module is a Scaled, whose parameter gain is not as its constructor makes it/, () =>
        quantize(chain, { weights: "int8" }),
      );
    }
    (chain as unknown as { more: Parameter }).more = new Parameter([1]);
    chain.gain = new Parameter([1]);
    expectError("OPTION", /whose parameter more is/, () => dequantize(chain));
    // What a layer keeps for itself while it trains is no such field.
    const cell = new LSTMCell({ inputSize: 2, hiddenSize: 3 });
    cell.train();
    const [h] = cell.forward([[1, 2]]);
    cell.backward([h, undefined]);
    quantize(cell, { weights: "int8" });
    linear.forward([[1, 2]]);
  });
});
