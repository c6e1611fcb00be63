import fc from "fast-check";
import { LSTM, LSTMCell, type StateDict, Tensor } from "lstm-wasm";
import { describe, expect, test } from "vitest";
import { bits, refuses, thrown, wave } from "./support/refusal.js";

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
type Wrong = any;

const OPTIONS = { inputSize: 3, hiddenSize: 4, numLayers: 2, bidirectional: true, projSize: 2, seed: 1 } as const;
const X = new Tensor(wave(24), [4, 2, 3]);
const answer = (lstm: LSTM) => bits(lstm.forward(X)[0]);
const weights = (module: LSTM | LSTMCell) => module.namedParameters().map(([name, { data }]) => [name, bits(data)]);
const prefixed = (dict: StateDict, prefix: string) =>
  Object.fromEntries(Object.entries(dict).map(([name, tensor]) => [prefix + name, tensor]));
const without = (dict: StateDict, ...names: string[]) =>
  Object.fromEntries(Object.entries(dict).filter(([name]) => !names.includes(name)));

/** Refused, and neither weights nor answers are changed. */
function refusesDict(load: (lstm: LSTM) => unknown, code: Parameters<typeof refuses>[1], ...parts: string[]): void {
  const lstm = new LSTM({ ...OPTIONS, seed: 2 });
  const before = [answer(lstm), weights(lstm)];
  refuses(() => load(lstm), code, ...parts);
  expect([answer(lstm), weights(lstm)]).toEqual(before);
  lstm.dispose();
}

const dict = (): Record<string, Tensor> => new LSTM(OPTIONS).stateDict();

describe("stateDict", () => {
  test("is a copy, by PyTorch's names and in PyTorch's order", () => {
    const lstm = new LSTM(OPTIONS);
    const before = answer(lstm);
    const copy = lstm.stateDict();
    expect(Object.keys(copy).slice(0, 10)).toEqual(
      ["", "_reverse"].flatMap((direction) =>
        ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"].map((name) => `${name}_l0${direction}`),
      ),
    );
    for (const { data } of Object.values(copy)) data.fill(9);
    expect(answer(lstm)).toEqual(before);
    expect(Object.keys(new LSTMCell({ inputSize: 1, hiddenSize: 1 }).stateDict())).toEqual([
      "weight_ih",
      "weight_hh",
      "bias_ih",
      "bias_hh",
    ]);
  });

  test("loads into another LSTM, which then has the same bits", () => {
    const lstm = new LSTM({ ...OPTIONS, seed: 2 });
    expect(lstm.loadStateDict(dict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(answer(lstm)).toEqual(answer(new LSTM(OPTIONS)));
  });

  test("loads into itself", () => {
    const lstm = new LSTM(OPTIONS);
    const before = answer(lstm);
    lstm.loadStateDict(Object.fromEntries(lstm.namedParameters()) as Wrong);
    expect(answer(lstm)).toEqual(before);
  });

  test("takes whatever a tensor may be", () => {
    const lstm = new LSTM({ ...OPTIONS, seed: 2 });
    const forms = Object.entries(dict()).map(([name, tensor], index) => {
      const { data, shape } = tensor;
      return [name, [tensor, { data, shape }, { data, dims: shape }, tensor.toArray(), tensor][index % 5]];
    });
    lstm.loadStateDict(Object.fromEntries(forms));
    expect(answer(lstm)).toEqual(answer(new LSTM(OPTIONS)));
  });
});

describe("loadStateDict refuses", () => {
  test("everything that is wrong, all at once", () => {
    const wrong = {
      ...without(dict(), "bias_hh_l1", "weight_hr_l0_reverse"),
      weight_ih_l0: Tensor.zeros([16, 7]),
      weight_hh_l1_reverse: Tensor.zeros([2, 16]),
      bias_ih_l0: Tensor.zeros([16, 1]),
      "fc.weight": Tensor.zeros([1]),
      weight_ih_l2: Tensor.zeros([16, 4]),
    };
    refusesDict(
      (lstm) => lstm.loadStateDict(wrong),
      "STATE_DICT",
      "LSTM",
      "missing: weight_hr_l0_reverse, bias_hh_l1",
      "unexpected: fc.weight, weight_ih_l2",
      "weight_ih_l0: expected [16, 3], got [16, 7]",
      "weight_hh_l1_reverse: expected [16, 2], got [2, 16]",
      "bias_ih_l0: expected [16], got [16, 1]",
    );
  });

  test.each<[string, Wrong, string]>([
    ["Float64Array", { data: new Float64Array(16), shape: [16] }, "bias_ih_l1"],
    ["a number", 3, "bias_ih_l1"],
    ["undefined", undefined, "bias_ih_l1"],
    ["null", null, "bias_ih_l1"],
    ["a string", "zeros", "bias_ih_l1"],
    ["bigints", { data: new BigInt64Array(16), shape: [16] }, "bias_ih_l1.data"],
    ["float16 bits", { data: new Uint16Array(16), shape: [16] }, "bias_ih_l1.data"],
  ])("%s as values, and names the parameter", (_, value, name) => {
    refusesDict((lstm) => lstm.loadStateDict({ ...dict(), bias_ih_l1: value }), "DTYPE", name, "got ");
    refusesDict((lstm) => lstm.loadStateDict({ ...dict(), bias_ih_l1: value }, { strict: false }), "DTYPE", name);
    refusesDict(
      (lstm) => lstm.loadStateDict(prefixed({ ...dict(), bias_ih_l1: value }, "a."), { prefix: "a." }),
      "DTYPE",
      `a.${name}`,
    );
  });

  test("values that do not fill their shape", () => {
    const bad = { ...dict(), bias_ih_l1: { data: new Float32Array(15), shape: [16] } };
    refusesDict((lstm) => lstm.loadStateDict(bad), "SHAPE_MISMATCH", "bias_ih_l1", "16", "15");
  });

  test.each<Wrong>([undefined, null, 3, "dict", [[1]], new Map(), () => ({})])("%o as a dict", (bad) => {
    refusesDict((lstm) => lstm.loadStateDict(bad), "STATE_DICT", "LSTM", "object of tensors", "got ");
    refuses(() => LSTM.fromStateDict(bad), "STATE_DICT", "LSTM.fromStateDict", "got ");
  });

  test("an empty dict, and lists what is missing", () => {
    refusesDict(
      (lstm) => lstm.loadStateDict({}),
      "STATE_DICT",
      "missing: weight_ih_l0, weight_hh_l0",
      "weight_hr_l1_reverse",
    );
  });

  test("bad options", () => {
    refusesDict((lstm) => lstm.loadStateDict(dict(), { prefix: 3 as Wrong }), "OPTION", "prefix", "got 3");
    refusesDict((lstm) => lstm.loadStateDict(dict(), { strict: 1 as Wrong }), "OPTION", "strict", "got 1");
    refusesDict((lstm) => lstm.loadStateDict(dict(), { Strict: false } as Wrong), "OPTION", "did you mean strict?");
    refusesDict((lstm) => lstm.loadStateDict(dict(), "lstm." as Wrong), "OPTION", '"lstm."');
  });

  test("inherited parameters: only the dict's own count", () => {
    refusesDict((lstm) => lstm.loadStateDict(Object.create(dict())), "STATE_DICT", "missing: weight_ih_l0");
  });

  test("a cell's dict for an LSTM and the other way round", () => {
    const cell = new LSTMCell({ inputSize: 3, hiddenSize: 4, seed: 1 });
    refusesDict((lstm) => lstm.loadStateDict(cell.stateDict()), "STATE_DICT", "unexpected: weight_ih, weight_hh");
    const before = weights(cell);
    refuses(
      () => cell.loadStateDict(dict()),
      "STATE_DICT",
      "LSTMCell",
      "missing: weight_ih, weight_hh, bias_ih, bias_hh",
    );
    expect(weights(cell)).toEqual(before);
  });
});

describe("prefix", () => {
  test("picks one module out of many", () => {
    const both = {
      ...prefixed(dict(), "encoder."),
      ...prefixed(new LSTM(OPTIONS).stateDict(), "decoder."),
      "fc.weight": [1],
    };
    const lstm = new LSTM({ ...OPTIONS, seed: 2 });
    expect(lstm.loadStateDict(both, { prefix: "encoder." })).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(answer(lstm)).toEqual(answer(new LSTM(OPTIONS)));
  });

  test("missing or wrong brings a hint at the right one", () => {
    for (const prefix of ["", "rnn.", "lstm", "LSTM."]) {
      const hint = '{ prefix: "lstm." }';
      refusesDict((lstm) => lstm.loadStateDict(prefixed(dict(), "lstm."), { prefix }), "STATE_DICT", hint);
      refuses(() => LSTM.fromStateDict(prefixed(dict(), "lstm."), { prefix }), "STATE_DICT", hint);
    }
    const two = { ...prefixed(dict(), "a.lstm."), ...prefixed(dict(), "b.lstm.") };
    refuses(() => LSTM.fromStateDict(two), "STATE_DICT", '"a.lstm."', '"b.lstm."');
  });

  test("too many brings a hint at none", () => {
    refuses(() => LSTM.fromStateDict(dict(), { prefix: "lstm." }), "STATE_DICT", '{ prefix: "" }');
  });

  test("errors use full names", () => {
    const bad = { ...prefixed(dict(), "m."), "m.extra": [1], "m.bias_ih_l0": [1] };
    refusesDict(
      (lstm) => lstm.loadStateDict(bad, { prefix: "m." }),
      "STATE_DICT",
      "unexpected: m.extra",
      "m.bias_ih_l0: expected [16]",
    );
  });

  test("may be of any characters", () => {
    for (const prefix of ["module.0.(lstm)+$", "__proto__.", "长短期.", "weight_ih_l0.", " "]) {
      expect(answer(LSTM.fromStateDict(prefixed(dict(), prefix), { prefix }))).toEqual(answer(new LSTM(OPTIONS)));
    }
  });
});

describe("strict: false", () => {
  test("loads what fits and returns the rest", () => {
    const lstm = new LSTM({ ...OPTIONS, seed: 2 });
    const before = Object.fromEntries(weights(lstm) as [string, number[][]][]);
    const partial = {
      ...without(dict(), "bias_hh_l1", "weight_ih_l0"),
      extra: Tensor.zeros([1]),
      "fc.weight": 3 as Wrong,
    };
    expect(lstm.loadStateDict(partial, { strict: false })).toEqual({
      missingKeys: ["weight_ih_l0", "bias_hh_l1"],
      unexpectedKeys: ["extra", "fc.weight"],
    });
    const source = Object.fromEntries(weights(new LSTM(OPTIONS)) as [string, number[][]][]);
    for (const [name, values] of weights(lstm) as [string, number[][]][]) {
      expect(values, name).toEqual((["bias_hh_l1", "weight_ih_l0"].includes(name) ? before : source)[name]);
    }
  });

  test("a wrong shape is wrong nonetheless, as in PyTorch", () => {
    const bad = { weight_ih_l0: Tensor.zeros([16, 7]) };
    refusesDict(
      (lstm) => lstm.loadStateDict(bad, { strict: false }),
      "STATE_DICT",
      "weight_ih_l0: expected [16, 3], got [16, 7]",
    );
  });

  test("nothing at all loads nothing", () => {
    const lstm = new LSTM(OPTIONS);
    expect(lstm.loadStateDict({}, { strict: false }).missingKeys).toEqual(Object.keys(lstm.stateDict()));
    expect(answer(lstm)).toEqual(answer(new LSTM(OPTIONS)));
  });
});

describe("strange keys", () => {
  test("no prototype", () => {
    const bare = Object.assign(Object.create(null), dict()) as StateDict;
    expect(answer(LSTM.fromStateDict(bare))).toEqual(answer(new LSTM(OPTIONS)));
    expect(new LSTM({ ...OPTIONS, seed: 2 }).loadStateDict(bare).missingKeys).toEqual([]);
  });

  test("__proto__ and constructor are unexpected like any other", () => {
    const hostile = JSON.parse('{ "__proto__": [1], "constructor": [1], "toString": [1] }') as StateDict;
    for (const [name, tensor] of Object.entries(dict())) hostile[name] = tensor;
    refusesDict((lstm) => lstm.loadStateDict(hostile), "STATE_DICT", "unexpected: __proto__, constructor, toString");
    const lstm = new LSTM({ ...OPTIONS, seed: 2 });
    const { unexpectedKeys } = lstm.loadStateDict(hostile, { strict: false });
    expect(unexpectedKeys).toEqual(["__proto__", "constructor", "toString"]);
    expect(answer(lstm)).toEqual(answer(new LSTM(OPTIONS)));
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  test("a __proto__ that only looks like a dict", () => {
    const hostile = JSON.parse(`{ "__proto__": ${JSON.stringify({ weight_ih_l0: [[1]] })} }`) as StateDict;
    refuses(() => LSTM.fromStateDict(hostile), "STATE_DICT", "weight_ih_l0 is missing");
  });
});

describe("LSTM.fromStateDict", () => {
  const configurations = fc.record({
    inputSize: fc.integer({ min: 1, max: 9 }),
    hiddenSize: fc.integer({ min: 1, max: 9 }),
    numLayers: fc.integer({ min: 1, max: 4 }),
    bias: fc.boolean(),
    bidirectional: fc.boolean(),
    projSize: fc.nat({ max: 8 }),
    batchFirst: fc.boolean(),
    seed: fc.nat(),
  });

  test("infers every size: the same options, weights and bits come back", () => {
    fc.assert(
      fc.property(configurations, fc.constantFrom("", "lstm.", "a.b."), (drawn, prefix) => {
        const options = { ...drawn, projSize: drawn.projSize % drawn.hiddenSize };
        using lstm = new LSTM(options);
        const { batchFirst } = options;
        using copy = LSTM.fromStateDict(prefixed(lstm.stateDict(), prefix), { prefix, batchFirst });
        const facts = ({ inputSize, hiddenSize, numLayers, bias, bidirectional, projSize }: LSTM) => {
          return { inputSize, hiddenSize, numLayers, bias, bidirectional, projSize };
        };
        expect({ ...facts(copy), batchFirst: copy.batchFirst }).toEqual({ ...facts(lstm), batchFirst });
        expect(weights(copy)).toEqual(weights(lstm));
        const x = new Tensor(wave(6 * options.inputSize), [2, 3, options.inputSize]);
        expect(bits(copy.forward(x)[0])).toEqual(bits(lstm.forward(x)[0]));
      }),
      { numRuns: 60 },
    );
  });

  test("any one parameter taken out, added or turned around is refused", () => {
    fc.assert(
      fc.property(configurations, fc.nat(), fc.constantFrom("remove", "add row", "flatten"), (drawn, pick, how) => {
        using lstm = new LSTM({ ...drawn, projSize: drawn.projSize % drawn.hiddenSize });
        const whole: StateDict = lstm.stateDict();
        const names = Object.keys(whole);
        const name = names[pick % names.length] as string;
        const { shape } = whole[name] as Tensor;
        const [rows, ...columns] = shape as [number, ...number[]];
        if (how === "remove") delete whole[name];
        else if (how === "add row") whole[name] = Tensor.zeros([rows + 1, ...columns]);
        else whole[name] = Tensor.zeros([shape.reduce((a, b) => a * b), 1, 1]);
        refuses(() => LSTM.fromStateDict(whole), "STATE_DICT");
      }),
      { numRuns: 100 },
    );
  });

  const base = () => new LSTM({ inputSize: 3, hiddenSize: 4, seed: 1 }).stateDict();
  test.each<[string, () => StateDict, string[]]>([
    [
      "rows that are no multiple of 4",
      () => ({ ...base(), weight_ih_l0: Tensor.zeros([5, 3]) }),
      ["weight_ih_l0", "[4 * hiddenSize, inputSize]", "[5, 3]"],
    ],
    ["no rows", () => ({ ...base(), weight_ih_l0: Tensor.zeros([0, 3]) }), ["weight_ih_l0", "[0, 3]"]],
    ["no columns", () => ({ ...base(), weight_ih_l0: Tensor.zeros([16, 0]) }), ["weight_ih_l0", "[16, 0]"]],
    ["a vector", () => ({ ...base(), weight_ih_l0: Tensor.zeros([16]) }), ["weight_ih_l0", "[16]"]],
    ["three dimensions", () => ({ ...base(), weight_ih_l0: Tensor.zeros([16, 3, 1]) }), ["weight_ih_l0", "[16, 3, 1]"]],
    [
      "another hidden size in weight_hh",
      () => ({ ...base(), weight_hh_l0: Tensor.zeros([20, 5]) }),
      ["weight_hh_l0", "expected [16, 4]", "[20, 5]"],
    ],
    [
      "another hidden size in a bias",
      () => ({ ...base(), bias_ih_l0: Tensor.zeros([20]) }),
      ["bias_ih_l0", "expected [16]", "[20]"],
    ],
    ["only bias_ih", () => without(base(), "bias_hh_l0"), ["missing: bias_hh_l0"]],
    ["only bias_hh", () => without(base(), "bias_ih_l0"), ["bias_hh_l0"]],
    [
      "a projection as large as the hidden size",
      () => ({ ...base(), weight_hr_l0: Tensor.zeros([4, 4]) }),
      ["weight_hr_l0", "[4, 4]"],
    ],
    ["a projection of no rows", () => ({ ...base(), weight_hr_l0: Tensor.zeros([0, 4]) }), ["weight_hr_l0"]],
    ["a projection without dimensions", () => ({ ...base(), weight_hr_l0: new Tensor([1], []) }), ["weight_hr_l0"]],
    ["no weight_ih_l0", () => without(base(), "weight_ih_l0"), ["weight_ih_l0 is missing"]],
    ["nothing", () => ({}), ["weight_ih_l0 is missing"]],
    ["a cell's names", () => new LSTMCell({ inputSize: 3, hiddenSize: 4 }).stateDict(), ["weight_ih_l0 is missing"]],
    [
      "a layer left out",
      () => without(new LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 3 }).stateDict(), "weight_ih_l1"),
      ["weight_ih_l2"],
    ],
    [
      "reverse in layer 1 alone",
      () => ({ ...dictOf({ numLayers: 2 }), weight_ih_l1_reverse: Tensor.zeros([16, 4]) }),
      ["unexpected: weight_ih_l1_reverse"],
    ],
    [
      "reverse in layer 0 alone",
      () => without(dictOf({ numLayers: 2, bidirectional: true }), "weight_ih_l1_reverse"),
      ["missing: weight_ih_l1_reverse"],
    ],
    ["a foreign entry", () => ({ ...base(), step: Tensor.zeros([1]) }), ["unexpected: step"]],
  ])("refuses %s", (_, bad, parts) => {
    refuses(() => LSTM.fromStateDict(bad()), "STATE_DICT", ...parts);
  });

  const dictOf = (options: object): StateDict => new LSTM({ inputSize: 3, hiddenSize: 4, ...options }).stateDict();

  test("dtype errors name the parameter", () => {
    for (const name of ["weight_ih_l0", "weight_hh_l0", "bias_hh_l0"]) {
      const bad = { ...base(), [name]: { data: new Float64Array(4), shape: [4] } } as Wrong;
      refuses(() => LSTM.fromStateDict(bad), "DTYPE", name, "Float64Array");
    }
  });

  test("passes dropout and batchFirst on, and no other option", () => {
    const lstm = LSTM.fromStateDict(dict(), { batchFirst: true, dropout: 0.25 });
    expect([lstm.batchFirst, lstm.dropout, lstm.training]).toEqual([true, 0.25, false]);
    refuses(() => LSTM.fromStateDict(dict(), { hiddenSize: 4 } as Wrong), "OPTION", "unknown option hiddenSize");
    refuses(() => LSTM.fromStateDict(dict(), { batchFirst: 1 } as Wrong), "OPTION", "batchFirst", "got 1");
    refuses(() => LSTM.fromStateDict(dict(), { dropout: 2 }), "OPTION", "dropout", "got 2");
    refuses(() => LSTM.fromStateDict(dict(), { prefix: null } as Wrong), "OPTION", "prefix", "got null");
    refuses(() => LSTM.fromStateDict(dict(), null as Wrong), "OPTION", "got null");
  });

  test("takes an LSTM's live parameters, though the new one may move memory", () => {
    using big = new LSTM({ inputSize: 300, hiddenSize: 300, seed: 1 });
    const copies = Array.from({ length: 6 }, () => {
      // The views are taken anew each time, as they must; only what fromStateDict itself does comes in between.
      const views = Object.fromEntries(big.parameters().map(({ name, shape, data }) => [name, { data, shape }]));
      return LSTM.fromStateDict(views);
    });
    // As bytes: to compare so many numbers one by one takes seconds.
    const bytes = (lstm: LSTM) => Buffer.from(lstm.parameters()[0]?.data.slice().buffer as ArrayBuffer);
    for (const copy of copies) {
      expect(bytes(copy).equals(bytes(big))).toBe(true);
      copy.dispose();
    }
  });
});

describe("Parameter", () => {
  test("set refuses another shape and changes nothing", () => {
    const lstm = new LSTM(OPTIONS);
    const before = [answer(lstm), weights(lstm)];
    const weight = lstm.parameters()[0];
    refuses(() => weight?.set(Tensor.zeros([3, 16])), "SHAPE_MISMATCH", "weight_ih_l0", "[16, 3]", "got [3, 16]");
    refuses(() => weight?.set(new Float32Array(48)), "SHAPE_MISMATCH", "weight_ih_l0", "got [48]");
    refuses(() => weight?.set(Tensor.zeros([1, 16, 3])), "SHAPE_MISMATCH", "got [1, 16, 3]");
    refuses(() => weight?.set(new Float64Array(48) as Wrong), "DTYPE", "weight_ih_l0", "Float64Array");
    refuses(() => weight?.set(0 as Wrong), "DTYPE", "weight_ih_l0", "got 0");
    expect([answer(lstm), weights(lstm)]).toEqual(before);
  });

  test("writing through data or set is seen by the next forward, stream and cell", () => {
    const options = { inputSize: 3, hiddenSize: 4, numLayers: 2 };
    const [changing, target] = [new LSTM({ ...options, seed: 1 }), new LSTM({ ...options, seed: 2 })];
    const stream = changing.stream();
    const x = wave(3);
    const all = (lstm: LSTM, open: ReturnType<LSTM["stream"]>) => {
      open.reset();
      return bits(lstm.forward([...[x]])[0], open.step(x).slice(), open.run([x]), open.state.c);
    };
    all(changing, stream);
    target.parameters().forEach(({ data }, index) => {
      const parameter = changing.parameters()[index];
      if (index % 2 === 0) parameter?.data.set(data);
      else parameter?.set({ data: data.slice(), shape: parameter.shape });
      all(changing, stream);
    });
    expect(all(changing, stream)).toEqual(all(target, target.stream()));

    const cell = new LSTMCell({ inputSize: 3, hiddenSize: 4, seed: 1 });
    cell.forward(x);
    cell.loadStateDict(new LSTMCell({ inputSize: 3, hiddenSize: 4, seed: 2 }).stateDict());
    expect(bits(...cell.forward(x))).toEqual(
      bits(...new LSTMCell({ inputSize: 3, hiddenSize: 4, seed: 2 }).forward(x)),
    );
  });

  test("one value written through data reaches each of forward, step and run at once", () => {
    const lstm = new LSTM({ inputSize: 1, hiddenSize: 1, seed: 1 });
    const stream = lstm.stream();
    const bias = lstm.parameters()[2];
    const calls = [
      () => lstm.forward([[1]])[0].data,
      () => stream.step(new Float32Array([1])),
      () => stream.run([[1]]).data,
    ];
    for (const call of calls) {
      const seen = [-30, 30].map((value) => {
        bias?.data.fill(value);
        stream.reset();
        return call()[0];
      });
      expect(seen[0]).not.toBe(seen[1]);
    }
  });

  test("shapes are frozen: nobody can talk a parameter into another", () => {
    const shapes = new LSTM(OPTIONS).parameters().map(({ shape }) => shape as number[]);
    for (const shape of shapes) expect(thrown(() => shape.push(9))).toBeInstanceOf(TypeError);
  });
});
