/** State dicts of other modules and of wrappers: the error says what they are, and names a prefix only if all then fits. */
import { GRU, LSTM, LSTMCell, RNN, type StateDict, Tensor } from "lstm-wasm";
import { Embedding, LayerNorm, Linear, type Module, Sequential } from "lstm-wasm/nn";
import { load } from "lstm-wasm/safetensors";
import { Adam, saveCheckpoint } from "lstm-wasm/train";
import { describe, expect, test } from "vitest";
import { thrown } from "./support/refusal.js";

const OPTIONS = { inputSize: 3, hiddenSize: 4, seed: 1 };
const dict = (): StateDict => new LSTM(OPTIONS).stateDict();
const under = (prefix: string, inner: StateDict = dict()): StateDict =>
  Object.fromEntries(Object.entries(inner).map(([name, tensor]) => [prefix + name, tensor]));
const message = (action: () => unknown): string => {
  const { code, message } = thrown(action) as { code: string; message: string };
  expect(code).toBe("STATE_DICT");
  return message;
};
const hinted = (text: string): string[] =>
  [...text.matchAll(/\{ prefix: ("[^"]*") \}/g)].map(([, p]) => JSON.parse(p as string));

/** The prefixes that both readers name. */
const hints = (given: StateDict, options?: object): string[] => {
  const loaded = hinted(message(() => new LSTM(OPTIONS).loadStateDict(given, options)));
  expect(hinted(message(() => LSTM.fromStateDict(given, options)))).toEqual(loaded);
  return loaded;
};

describe("a prefix is named", () => {
  test.each(["_orig_mod.", "model.", "module.lstm.", "_orig_mod.module.encoder."])("%s", (prefix) => {
    expect(hints(under(prefix))).toEqual([prefix]);
    expect(hints(under(prefix), { prefix: "lstm." })).toEqual([prefix]);
    LSTM.fromStateDict(under(prefix), { prefix });
  });

  test("of a whole model for a whole model: module., not module.lstm.", () => {
    const model = () => new Sequential([new LSTM(OPTIONS), new Linear({ inFeatures: 4, outFeatures: 2 })] as never);
    const wrapped = under("module.", model().stateDict());
    expect(hinted(message(() => model().loadStateDict(wrapped)))).toEqual(["module."]);
    model().loadStateDict(wrapped, { prefix: "module." });
  });

  test("of a checkpoint of ours, beside its optimiser's tensors", () => {
    const model = new LSTM(OPTIONS);
    const tensors = load(saveCheckpoint({ model, optimizer: new Adam(model.parameters()) }));
    expect(hints(tensors)).toEqual(["model."]);
    LSTM.fromStateDict(tensors, { prefix: "model." });
  });

  test("for a cell too", () => {
    const cell = new LSTMCell(OPTIONS);
    expect(hinted(message(() => cell.loadStateDict(under("a.", cell.stateDict()))))).toEqual(["a."]);
  });
});

describe("a prefix is named for each layer", () => {
  const layers: [string, Module, (given: StateDict, options?: { prefix: string }) => Module][] = [
    ["Linear", new Linear({ inFeatures: 3, outFeatures: 2 }), (...given) => Linear.fromStateDict(...given)],
    [
      "Linear without bias",
      new Linear({ inFeatures: 3, outFeatures: 2, bias: false }),
      (...given) => Linear.fromStateDict(...given),
    ],
    [
      "Embedding",
      new Embedding({ numEmbeddings: 3, embeddingDim: 2 }),
      (...given) => Embedding.fromStateDict(...given),
    ],
    ["LayerNorm", new LayerNorm({ normalizedShape: [2, 3] }), (...given) => LayerNorm.fromStateDict(...given)],
  ];
  test.each(layers)("%s", (_, module, make) => {
    const given = { ...under("lstm."), ...module.stateDict({ prefix: "fc." }) };
    for (const options of [undefined, { prefix: "head." }]) {
      const text = message(() => make(given, options));
      expect(text).toContain(`${options?.prefix ?? ""}weight is missing`);
      expect(hinted(text)).toEqual(["fc."]);
    }
    expect(String(make(given, { prefix: "fc." }))).toBe(String(module));
    const ambiguous = { ...given, ...module.stateDict({ prefix: "fc2." }) };
    expect(hinted(message(() => make(ambiguous)))).toEqual(["fc.", "fc2."]);
  });

  test("only if the layer has all that is under it", () => {
    const linear = new Linear({ inFeatures: 3, outFeatures: 2 }).stateDict({ prefix: "fc." });
    const cases: [(given: StateDict) => Module, StateDict][] = [
      [(given) => Embedding.fromStateDict(given), linear],
      [(given) => Linear.fromStateDict(given), { ...linear, "fc.bias": [1, 2, 3] }],
      [(given) => Linear.fromStateDict(given), { ...linear, "fc.other": [1] }],
      [(given) => Linear.fromStateDict(given), { "norm.weight": [1], "norm.bias": [1] }],
    ];
    for (const [make, given] of cases) expect(hinted(message(() => make(given)))).toEqual([]);
  });

  test("in a chain it is the part's name, or the chain's prefix", () => {
    const head = new Linear({ inFeatures: 4, outFeatures: 2 });
    const given = { ...under("rnn."), ...head.stateDict({ prefix: "fc." }) };
    const parts = { lstm: LSTM, head: Linear };
    const text = message(() => Sequential.fromStateDict(given, parts));
    expect(text).toMatch(/lstm.weight_ih_l0 is missing\n +It fits under another prefix: call this part rnn\n/);
    expect(text).toMatch(/head.weight is missing\n +It fits under another prefix: call this part fc\n/);
    expect(text).toMatch(/unexpected: rnn.*fc.bias/);
    Sequential.fromStateDict(given, { rnn: LSTM, fc: Linear });

    const wrapped = { ...under("module.lstm."), ...head.stateDict({ prefix: "module.head." }) };
    const chain = message(() => Sequential.fromStateDict(wrapped, parts));
    expect(chain.match(/It fits under another prefix: give the chain the prefix "module."/g)).toHaveLength(2);
    Sequential.fromStateDict(wrapped, parts, { prefix: "module." });

    const nested = message(() =>
      Sequential.fromStateDict(under("a.", wrapped), {
        a: (all, options) => Sequential.fromStateDict(all, parts, options),
      }),
    );
    expect(nested.match(/give the chain the prefix "a.module."/g)).toHaveLength(2);
  });
});

describe("no prefix is named", () => {
  test("where the shapes under it are others", () => {
    const other = under("a.", new LSTM({ inputSize: 3, hiddenSize: 5 }).stateDict());
    expect(hinted(message(() => new LSTM(OPTIONS).loadStateDict(other)))).toEqual([]);
  });

  test("where a name under it is missing, or one too many", () => {
    const { bias_hh_l0: _, ...less } = dict();
    expect(hints(under("a.", less))).toEqual([]);
    expect(hints(under("a.", { ...dict(), "fc.weight": [1] }))).toEqual([]);
    expect(hints(under("a.", { ...dict(), weight_ih_l2: Tensor.zeros([16, 4]) }))).toEqual([]);
  });

  test("beside a size mismatch under the right one", () => {
    const wrong = {
      ...under("lstm."),
      "lstm.bias_hh_l0": Tensor.zeros([8]),
      ...under("encoder.", { weight_ih_l0: [1] }),
    };
    expect(hints(wrong, { prefix: "lstm." })).toEqual([]);
  });

  test("where what is there is no tensor", () => {
    expect(hints(under("a.", { ...dict(), bias_hh_l0: 3 as never }))).toEqual([]);
  });
});

test("a prefix under which nothing is: the recurrent modules that are there, by kind", () => {
  const given = {
    ...under("encoder.", new GRU({ inputSize: 2, hiddenSize: 4 }).stateDict()),
    ...under("a.decoder.", new RNN({ inputSize: 2, hiddenSize: 4 }).stateDict()),
  };
  for (const read of [() => LSTM.fromStateDict(given), () => LSTM.fromStateDict(given, { prefix: "x." })]) {
    expect(message(read)).toContain('It has recurrent modules under "encoder." (GRU), "a.decoder." (RNN)');
  }
  expect(message(() => LSTM.fromStateDict({ "fc.weight": [[1]] }))).not.toContain("recurrent modules");
  const cells = new LSTMCell({ inputSize: 3, hiddenSize: 4 }).stateDict({ prefix: "cell." });
  expect(message(() => LSTM.fromStateDict(cells, { prefix: "cell." }))).toContain('modules under "cell." (LSTMCell)');
});

/** As torch.nn.GRU (3 gates) and torch.nn.RNN (1) name and shape their parameters. */
const recurrent = (gates: number, hidden: number): StateDict => ({
  weight_ih_l0: Tensor.zeros([gates * hidden, 3]),
  weight_hh_l0: Tensor.zeros([gates * hidden, hidden]),
  bias_ih_l0: Tensor.zeros([gates * hidden]),
  bias_hh_l0: Tensor.zeros([gates * hidden]),
});

test.each([
  ["a GRU", 3, 4],
  ["a GRU", 3, 5],
  ["an RNN", 1, 4],
  ["an RNN", 1, 16],
  ["an RNN", 1, 3],
])("%s's weights, told by %i times as many rows as columns (%i)", (what, gates, hidden) => {
  const given = recurrent(gates, hidden);
  const shape = `[${gates * hidden}, ${hidden}]`;
  const [, name] = what.split(" ");
  expect(message(() => LSTM.fromStateDict(given))).toBe(
    `LSTM.fromStateDict: this is ${what}'s state dict (weight_hh_l0 has shape ${shape}); use ${name}.fromStateDict`,
  );
  expect(message(() => new LSTM(OPTIONS).loadStateDict(given))).toContain(what);
  const cell = { ...given, weight_ih: given.weight_ih_l0, weight_hh: given.weight_hh_l0 } as StateDict;
  expect(message(() => new LSTMCell(OPTIONS).loadStateDict(cell))).toContain(what);
});

test("an LSTM of one unit, of projections, or of other sizes is not taken for another cell", () => {
  for (const options of [
    { inputSize: 1, hiddenSize: 1 },
    { inputSize: 3, hiddenSize: 4, projSize: 3 },
    { inputSize: 3, hiddenSize: 40 },
  ]) {
    const given = new LSTM(options).stateDict();
    LSTM.fromStateDict(given);
    expect(message(() => new LSTM(OPTIONS).loadStateDict(given))).not.toMatch(/GRU|RNN/);
  }
});

describe("wrapped weights", () => {
  const wrapped = (...names: string[]): StateDict => {
    const { weight_hh_l0: whole, weight_ih_l0: input, ...rest } = dict();
    return {
      ...rest,
      weight_ih_l0: input as Tensor,
      ...Object.fromEntries(names.map((name) => [name, whole as Tensor])),
    };
  };

  test.each([
    ["weight_norm", ["weight_hh_l0_g", "weight_hh_l0_v"], "remove_weight_norm"],
    [
      "parametrizations",
      ["parametrizations.weight_hh_l0.original0", "parametrizations.weight_hh_l0.original1"],
      "parametrize.remove_parametrizations",
    ],
    ["WeightDrop", ["weight_hh_l0_raw"], "give it the name that is missing"],
    ["WeightDrop around a module", ["module.weight_hh_l0_raw"], "give it the name that is missing"],
  ])("%s", (_, names, cure) => {
    for (const read of [
      (d: StateDict) => LSTM.fromStateDict(d),
      (d: StateDict) => new LSTM(OPTIONS).loadStateDict(d),
    ]) {
      const text = message(() => read(wrapped(...names)));
      expect(text).toContain("missing: weight_hh_l0");
      expect(text).toContain(`${names[0]} comes of `);
      expect(text).toContain(cure);
    }
  });

  test("whose first weight is wrapped", () => {
    const { weight_ih_l0: whole, ...rest } = dict();
    const text = message(() => LSTM.fromStateDict({ ...rest, weight_ih_l0_g: whole as Tensor }));
    expect(text).toContain("weight_ih_l0 is missing");
    expect(text).toContain("weight_norm");
  });
});

test("a module in place of its state dict", () => {
  const lstm = new LSTM(OPTIONS) as never;
  expect(message(() => LSTM.fromStateDict(lstm))).toContain("got an Object, which is a module; pass its stateDict()");
  expect(message(() => new LSTM(OPTIONS).loadStateDict(lstm))).toContain("pass its stateDict()");
});

test("time is linear in the layers", () => {
  const layers = (count: number): StateDict => {
    const entries = Array.from({ length: count }, (_, layer) => [
      [`weight_ih_l${layer}`, Tensor.zeros([4, 1])],
      [`weight_hh_l${layer}`, Tensor.zeros([4, 1])],
    ]);
    return Object.fromEntries(entries.flat());
  };
  const time = (count: number) => {
    const given = layers(count);
    const begin = performance.now();
    LSTM.fromStateDict(given).dispose();
    expect(hinted(message(() => LSTM.fromStateDict(under("a.", given))))).toEqual(["a."]);
    return performance.now() - begin;
  };
  time(500);
  // Eight times as many; quadratic were 64 times as long.
  expect(time(8000) / Math.max(time(1000), 5)).toBeLessThan(32);
});
