import { LSTM, LSTMError, type StateDict, Tensor } from "lstm-wasm";
import { type Chainable, Dropout, Embedding, Last, LayerNorm, Linear, ReLU, Sequential } from "lstm-wasm/nn";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bits, refuses, thrown } from "../support/refusal.js";
import { wasmBytes } from "../support/wasm-memory.js";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("fromStateDict", () => {
  it.each([
    [Linear, () => new Linear({ inFeatures: 3, outFeatures: 2 }), [1, 2, 3]],
    [Linear, () => new Linear({ inFeatures: 3, outFeatures: 2, bias: false }), [1, 2, 3]],
    [Embedding, () => new Embedding({ numEmbeddings: 4, embeddingDim: 3 }), [1, 2, 3]],
    [LayerNorm, () => new LayerNorm({ normalizedShape: 3 }), [1, 2, 3]],
    [LayerNorm, () => new LayerNorm({ normalizedShape: [1, 3], bias: false }), [[1, 2, 3]]],
  ] as const)("of %o has the sizes, the values and the outputs", (of, make, input) => {
    const module = make();
    for (const parameter of module.parameters()) parameter.set(Tensor.randn(parameter.shape));
    const dict = module.stateDict({ prefix: "a.b." });
    const copy = of.fromStateDict({ ...dict, other: [1] }, { prefix: "a.b." });
    expect(copy).toBeInstanceOf(of);
    expect(String(copy)).toBe(String(module));
    expect(copy.stateDict({ prefix: "a.b." })).toEqual(dict);
    const run = (m: typeof module) => (m as Linear).forward(input as unknown as number[]);
    expect(bits(run(copy))).toEqual(bits(run(module)));
  });

  it("prints the constructor call, defaults left out", () => {
    const printed = (options: object) => String(new LayerNorm({ normalizedShape: 3, ...options }));
    expect(printed({})).toBe("LayerNorm({ normalizedShape: [3] })");
    expect(printed({ eps: 0.1, bias: false })).toBe("LayerNorm({ normalizedShape: [3], eps: 0.1, bias: false })");
    expect(printed({ elementwiseAffine: false })).toBe("LayerNorm({ normalizedShape: [3], elementwiseAffine: false })");
    expect(String(new Last())).toBe("Last()");
    expect(String(new Last({ batchFirst: true, bidirectional: true }))).toBe(
      "Last({ batchFirst: true, bidirectional: true })",
    );
  });

  it("takes the options that no weight tells", () => {
    const embedding = Embedding.fromStateDict(
      {
        weight: [
          [1, 2],
          [3, 4],
        ],
      },
      { paddingIdx: -1 },
    ); // prettier-ignore
    expect(embedding.paddingIdx).toBe(1);
    expect(embedding.forward([1]).toArray()).toEqual([[3, 4]]); // as PyTorch, which loads that row, too
    expect(LayerNorm.fromStateDict({ weight: [1] }, { eps: 0.5 }).eps).toBe(0.5);
  });

  it.each<[string, () => unknown, string[]]>([
    ["STATE_DICT", () => Linear.fromStateDict({}), ["Linear.fromStateDict: weight is missing"]],
    ["STATE_DICT", () => Linear.fromStateDict(null as never), ["Linear.fromStateDict", "got null"]],
    [
      "STATE_DICT",
      () => Linear.fromStateDict({ "x.weight": [1] }, { prefix: "x." }),
      ["x.weight", "two dim", "got shape [1]"],
    ],
    [
      "STATE_DICT",
      () => Linear.fromStateDict({ weight: Tensor.zeros([0, 2]) }),
      ["weight", "none of them 0", "[0, 2]"],
    ],
    [
      "STATE_DICT",
      () => Embedding.fromStateDict({ weight: Tensor.zeros([2, 0]) }),
      ["weight", "none of them 0", "[2, 0]"],
    ],
    [
      "STATE_DICT",
      () => LayerNorm.fromStateDict({ weight: new Tensor([1], []) }),
      ["at least one dimension", "got shape []"],
    ],
    ["STATE_DICT", () => LayerNorm.fromStateDict({ weight: Tensor.zeros([2, 0]) }), ["none of them 0"]],
    [
      "STATE_DICT",
      () => Linear.fromStateDict({ weight: [[1]], bias: [1, 2], extra: [1] }),
      ["size mismatch for bias", "unexpected: extra"],
    ],
    ["STATE_DICT", () => Embedding.fromStateDict({ weight: [[1]], bias: [1] }), ["unexpected: bias"]],
    ["DTYPE", () => Linear.fromStateDict({ weight: 3 as never }), ["weight must be a Tensor", "got 3"]],
    ["OPTION", () => Linear.fromStateDict({}, { prefix: 3 as never }), ["prefix must be a string"]],
    ["OPTION", () => Linear.fromStateDict({}, { strict: false } as never), ["unknown option strict"]],
    [
      "OPTION",
      () => Embedding.fromStateDict({ weight: [[1]] }, { paddingIdx: 1 }),
      ["paddingIdx must be an integer from -1 to 0"],
    ],
    ["OPTION", () => LayerNorm.fromStateDict({ weight: [1] }, { eps: Number.NaN }), ["eps must be"]],
  ])("refuses with %s what does not fit", (code, action, parts) => {
    refuses(action, code as "OPTION", ...parts);
  });

  it("draws nothing by chance, which edge runtimes forbid while a script loads", () => {
    const never = () => {
      throw new Error("entropy");
    };
    const dict = { ...new Linear({ inFeatures: 1, outFeatures: 1, seed: 1 }).stateDict() };
    vi.spyOn(globalThis.crypto, "getRandomValues").mockImplementation(never as never);
    vi.spyOn(Math, "random").mockImplementation(never);
    Linear.fromStateDict(dict);
    Embedding.fromStateDict({ weight: [[1]] });
    LayerNorm.fromStateDict({ weight: [1] });
    expect(() => new Linear({ inFeatures: 1, outFeatures: 1 })).toThrow("entropy");
  });

  it("gives back what it refused, in the same turn", () => {
    const dict = { weight: Tensor.zeros([500, 500]), bias: [1] };
    const attempts = () => {
      for (let i = 0; i < 100; i++) {
        refuses(() => Linear.fromStateDict(dict), "STATE_DICT");
        refuses(() => Embedding.fromStateDict(dict), "STATE_DICT");
        refuses(() => LayerNorm.fromStateDict({ weight: Tensor.zeros([500, 500]), bias: [1] }), "STATE_DICT");
        refuses(() => Sequential.fromStateDict({ "a.weight": dict.weight, b: [1] }, { a: Linear }), "STATE_DICT");
      }
    };
    attempts();
    const before = wasmBytes();
    attempts();
    expect(wasmBytes()).toBe(before);
  });
});

describe("Sequential.fromStateDict", () => {
  const whole = () =>
    new Sequential({
      embedding: new Embedding({ numEmbeddings: 7, embeddingDim: 3, seed: 1 }),
      lstm: new LSTM({ inputSize: 3, hiddenSize: 4, bidirectional: true, batchFirst: true, seed: 2 }),
      last: new Last({ batchFirst: true, bidirectional: true }),
      norm: new LayerNorm({ normalizedShape: 8 }),
      relu: new ReLU(),
      head: new Linear({ inFeatures: 8, outFeatures: 2, seed: 3 }),
    });
  const lstm = (all: StateDict, options: { prefix: string }) =>
    LSTM.fromStateDict(all, { ...options, batchFirst: true });
  const parts = () => ({
    embedding: Embedding,
    lstm,
    last: new Last({ batchFirst: true, bidirectional: true }),
    norm: new LayerNorm({ normalizedShape: 8 }),
    relu: ReLU,
    head: Linear,
  });
  const tokens = [
    [1, 2, 3],
    [4, 5, 6],
  ];

  it("makes parts of classes, functions and modules: the same model, to the bit", () => {
    const model = whole();
    const dict = { ...model.stateDict({ prefix: "net." }), other: [1] };
    const copy = Sequential.fromStateDict(dict, parts(), { prefix: "net." });
    expect(String(copy)).toBe(String(model));
    expect(bits(copy.forward(tokens))).toEqual(bits(model.forward(tokens)));
    const nested = (all: StateDict, options: { prefix: string }) => Sequential.fromStateDict(all, parts(), options);
    const outer = Sequential.fromStateDict(model.stateDict({ prefix: "inner." }), { inner: nested, drop: Dropout });
    expect(bits(outer.forward(tokens))).toEqual(bits(model.forward(tokens)));
  });

  it("gives a part made by a function the options that no weight tells", () => {
    const model = Sequential.fromStateDict(whole().stateDict(), {
      ...parts(),
      embedding: (all, options) => Embedding.fromStateDict(all, { ...options, paddingIdx: 0 }),
      norm: (all, options) => LayerNorm.fromStateDict(all, { ...options, eps: 0.5 }),
    });
    expect(model.modules.embedding).toMatchObject({ paddingIdx: 0, numEmbeddings: 7 });
    expect(model.modules.norm).toMatchObject({ eps: 0.5 });
  });

  it("takes parts in an array, by number, as PyTorch numbers them", () => {
    const model = new Sequential(
      new Linear({ inFeatures: 2, outFeatures: 2 }),
      new ReLU(),
      new Linear({ inFeatures: 2, outFeatures: 1 }),
    );
    const copy = Sequential.fromStateDict(model.stateDict(), [Linear, ReLU, Linear]);
    expect(Object.keys(copy.stateDict())).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
    expect(bits(copy.forward([1, 2]))).toEqual(bits(model.forward([1, 2])));
  });

  it("lists all that is wrong, disposes what it made, and leaves modules that were there alone", () => {
    const { "embedding.weight": _, "head.weight": __, ...rest } = whole().stateDict();
    const dict = { ...rest, "lstm.extra": [1], "norm.bias": [1, 2], stray: [1], "strange.weight": [1] };
    const norm = new LayerNorm({ normalizedShape: 8 });
    const made: Chainable[] = [];
    const before = norm.stateDict();
    const error = thrown(() =>
      Sequential.fromStateDict(dict, {
        ...parts(),
        first: () => made[made.push(new Linear({ inFeatures: 1, outFeatures: 1 })) - 1] as Chainable,
        norm,
      }),
    ) as LSTMError;
    expect(error).toBeInstanceOf(LSTMError);
    expect(error.code).toBe("STATE_DICT");
    for (const part of [
      "embedding.weight is missing",
      "head.weight is missing",
      "unexpected: lstm.extra",
      "size mismatch for norm.bias: expected [8], got [2]",
      "missing: first.weight, first.bias",
      "unexpected: stray, strange.weight",
    ]) {
      expect(error.message).toContain(part);
    }
    refuses(() => made[0]?.forward([1]), "DISPOSED");
    expect(norm.stateDict()).toEqual(before); // alive, and unchanged
  });

  it("with all parts made lists the same, and disposes them", () => {
    const made: Linear[] = [];
    const linear = (dict: StateDict, options: { prefix: string }) => {
      made.push(Linear.fromStateDict(dict, options));
      return made[0] as Linear;
    };
    const own = new Linear({ inFeatures: 2, outFeatures: 1, seed: 1 });
    const before = own.stateDict();
    const dict = { "a.weight": [[1]], "own.weight": [[1, 2]], stray: [1] };
    refuses(
      () => Sequential.fromStateDict(dict, { a: linear, own }),
      "STATE_DICT",
      "missing: own.bias",
      "unexpected: stray",
    );
    refuses(() => made[0]?.forward([1]), "DISPOSED");
    expect(own.stateDict()).toEqual(before);
  });

  it.each<[string, unknown, unknown, string[]]>([
    ["OPTION", {}, null, ["needs parts by name, got null"]],
    ["OPTION", {}, {}, ["Sequential needs modules"]],
    ["OPTION", {}, { a: 3 }, ["Sequential.fromStateDict: a must be a module, its class, or a function", "got 3"]],
    ["OPTION", {}, { a: undefined }, ["a must be", "got undefined"]],
    ["OPTION", {}, { a: () => undefined }, ["a must be a function that makes a module of this entry, got undefined"]],
    ["OPTION", {}, { a: () => ({ dispose: 1 }) }, ["a must be a function that makes a module", "got an Object"]],
    [
      "OPTION",
      {},
      { a: Sequential },
      ["a must be a function (all, options) => Sequential.fromStateDict(all, parts, options)"],
    ],
    ["STATE_DICT", null, { a: ReLU }, ["Sequential.fromStateDict: expected an object of tensors by name, got null"]],
    ["STATE_DICT", new Uint8Array(3), { a: Linear }, ["Sequential.fromStateDict", "load(bytes)"]],
    ["STATE_DICT", { x: [1] }, { a: ReLU }, ["unexpected: x"]],
    ["DTYPE", { "a.weight": "w" }, { a: Linear }, ["a.weight must be a Tensor"]],
  ])("refuses with %s %o of %o", (code, dict, given, messages) => {
    refuses(() => Sequential.fromStateDict(dict as StateDict, given as []), code as "OPTION", ...messages);
  });

  it("passes on an error of a part's own, and disposes what was made before it", () => {
    const made: Linear[] = [];
    const first = () => made[made.push(new Linear({ inFeatures: 1, outFeatures: 1 })) - 1] as Linear;
    const action = () =>
      Sequential.fromStateDict(
        {},
        {
          first,
          second: () => {
            throw new RangeError("own");
          },
        },
      );
    expect(action).toThrow(new RangeError("own"));
    refuses(() => made[0]?.forward([1]), "DISPOSED");
  });
});
