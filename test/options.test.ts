import { LSTM, LSTMCell, type LSTMOptions } from "lstm-wasm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { refuses } from "./support/refusal.js";

/** new LSTM with options that TypeScript would not let through. */
const make = (options: Record<string, unknown>) => () =>
  new LSTM({ inputSize: 3, hiddenSize: 4, ...options } as unknown as LSTMOptions);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("sizes", () => {
  const bad: [unknown, string][] = [
    [Number.NaN, "NaN"],
    [3.7, "3.7"],
    [-1, "-1"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [2 ** 31, "2147483648"],
    [2 ** 32 + 3, "4294967299"],
    ["5", '"5"'],
    [null, "null"],
    [true, "true"],
    [5n, "5n"],
    [[5], "[5]"],
    [{ valueOf: () => 5 }, "an Object"],
    [() => 5, "a function"],
    [Symbol("five"), "Symbol(five)"],
  ];
  for (const name of ["inputSize", "hiddenSize", "numLayers", "projSize"]) {
    test.each(bad)(`${name} %s is refused`, (value, shown) => {
      refuses(make({ [name]: value }), "OPTION", name, "must be an integer from", `got ${shown}`);
    });
  }

  test.each(["inputSize", "hiddenSize", "numLayers"])("%s 0 is refused", (name) => {
    refuses(make({ [name]: 0 }), "OPTION", name, "from 1", "got 0");
  });

  test.each(["inputSize", "hiddenSize"])("%s is required", (name) => {
    refuses(make({ [name]: undefined }), "OPTION", name, "got undefined");
  });

  test("a fraction of a whole 64-bit float is a fraction still", () => {
    refuses(make({ hiddenSize: 4 + 2 ** -40 }), "OPTION", "hiddenSize", "4.0000");
  });

  test.each([4, 5, 1000])("projSize %d is refused for hiddenSize 4", (projSize) => {
    refuses(
      make({ projSize }),
      "OPTION",
      "projSize must be smaller than hiddenSize",
      "Expected 0 to 3",
      `got ${projSize}`,
    );
  });

  test("the largest projection and the smallest LSTM work", () => {
    expect(make({ projSize: 3 })().projSize).toBe(3);
    expect(new LSTM({ inputSize: 1, hiddenSize: 1 }).forward([[1]])[0].shape).toEqual([1, 1]);
    refuses(() => new LSTM({ inputSize: 1, hiddenSize: 1, projSize: 1 }), "OPTION", "projSize", "got 1");
  });
});

describe("switches and dropout", () => {
  for (const name of ["bias", "batchFirst", "bidirectional"]) {
    test.each([1, 0, "true", null, [], {}])(`${name} %o is refused`, (value) => {
      refuses(make({ [name]: value }), "OPTION", name, "must be true or false", "got ");
    });
  }

  test.each([-0.1, 1.0001, Number.NaN, Number.POSITIVE_INFINITY, "0.5", null, true])(
    "dropout %o is refused",
    (dropout) => {
      refuses(make({ numLayers: 2, dropout }), "OPTION", "dropout", "from 0 to 1", "got ");
    },
  );

  test.each([1, 1 - 1e-12, 1e-45, -0])("dropout %d gives finite values in training", (dropout) => {
    const lstm = make({ numLayers: 3, dropout, seed: 1 })();
    const [output] = lstm.train().forward([[1, 2, 3]]);
    expect([...output.data].every(Number.isFinite)).toBe(true);
  });

  test("dropout with one layer warns once, on the console, and works", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const lstm = make({ dropout: 0.5 })();
    lstm.train().forward([[1, 2, 3]]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/dropout.*numLayers 1.*0\.5/);
  });

  test("no other dropout warns", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    make({ dropout: 0 })();
    make({ dropout: 0.5, numLayers: 2 })();
    expect(warn).not.toHaveBeenCalled();
  });

  test("a refused LSTM does not warn", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    refuses(make({ dropout: 0.5, projSize: 9 }), "OPTION", "projSize");
    expect(warn).not.toHaveBeenCalled();
  });

  test.each(["yes", 1, null])("train(%o) is refused and changes nothing", (mode) => {
    const lstm = make({})();
    refuses(() => lstm.train(mode as unknown as boolean), "OPTION", "mode", "true or false");
    expect(lstm.training).toBe(false);
  });
});

describe("seeds", () => {
  test.each([
    [-1, "-1"],
    [1.5, "1.5"],
    [2 ** 53, "9007199254740992"],
    [Number.NaN, "NaN"],
    ["42", '"42"'],
    [42n, "42n"],
    [true, "true"],
    [{}, "an Object"],
  ])("%o is refused", (seed, shown) => {
    refuses(make({ seed }), "OPTION", "seed", "from 0 to 2^53 - 1", `got ${shown}`);
  });

  test("null is refused like everywhere else, not taken for no seed", () => {
    refuses(make({ seed: null }), "OPTION", "seed", "got null");
  });

  test("the ends of the range work and repeat", () => {
    for (const seed of [0, 2 ** 32 - 1, 2 ** 53 - 1]) {
      const weights = () => [...(make({ seed })().parameters()[0]?.data ?? [])];
      expect(weights()).toEqual(weights());
    }
  });

  test("without a seed, weights differ", () => {
    const weights = () => [...(make({})().parameters()[0]?.data ?? [])];
    expect(weights()).not.toEqual(weights());
  });

  test.each([{ seed: -1, call: 0 }, { seed: 1, call: 0.5 }, { seed: 1 }, { seed: 1, call: 0, layer: 2 }, null, 3])(
    "dropoutDraw = %o is refused and changes nothing",
    (draw) => {
      const lstm = make({ seed: 7 })();
      refuses(() => Object.assign(lstm, { dropoutDraw: draw }), "OPTION");
      expect(lstm.dropoutDraw).toEqual({ seed: 7, call: 0 });
    },
  );
});

describe("the object of options", () => {
  test.each([undefined, null, 5, "5", true, [5, 6], () => 5])("%o is refused", (options) => {
    refuses(() => new LSTM(options as unknown as LSTMOptions), "OPTION", "LSTM", "expected an object", "got ");
  });

  test("PyTorch's positional arguments get a clear answer", () => {
    const Positional = LSTM as unknown as new (...sizes: number[]) => LSTM;
    refuses(() => new Positional(5, 6, 2), "OPTION", "expected an object", "got 5");
  });

  test.each([
    ["hidden_size", "hiddenSize"],
    ["batch_first", "batchFirst"],
    ["batchfirst", "batchFirst"],
    ["proj_size", "projSize"],
    ["num_layers", "numLayers"],
    ["BIAS", "bias"],
    ["Seed", "seed"],
  ])("%s brings a hint at %s", (name, meant) => {
    refuses(make({ [name]: 1 }), "OPTION", `unknown option ${name}`, `did you mean ${meant}?`);
  });

  test("what resembles nothing brings the list", () => {
    refuses(make({ dtype: 1 }), "OPTION", "unknown option dtype", "inputSize", "projSize", "seed");
    refuses(make({ foo: undefined }), "OPTION", "unknown option foo");
  });

  test("keys that every object inherits are unknown too", () => {
    refuses(make({ constructor: 1 }), "OPTION", "unknown option constructor");
    refuses(make({ toString: 1 }), "OPTION", "unknown option toString");
    const hostile = JSON.parse('{ "inputSize": 3, "hiddenSize": 4, "__proto__": { "numLayers": 2 } }') as LSTMOptions;
    refuses(() => new LSTM(hostile), "OPTION", "unknown option __proto__");
  });

  test("explicit undefined is the default, and no prototype is needed", () => {
    const options = Object.assign(Object.create(null), {
      inputSize: 3,
      hiddenSize: 4,
      numLayers: undefined,
      seed: undefined,
    });
    expect(new LSTM(options).numLayers).toBe(1);
  });

  test("is read once: later changes do nothing", () => {
    const options = { inputSize: 3, hiddenSize: 4, batchFirst: false };
    const lstm = new LSTM(options);
    options.batchFirst = true;
    options.inputSize = 9;
    expect([lstm.batchFirst, lstm.inputSize]).toEqual([false, 3]);
  });

  test("an LSTMCell has its own, fewer options", () => {
    const cell = (options: object) => () => new LSTMCell({ inputSize: 3, hiddenSize: 4, ...options });
    refuses(
      cell({ numLayers: 2 }),
      "OPTION",
      "LSTMCell: unknown option numLayers",
      "inputSize, hiddenSize, bias, forgetBias, seed",
    );
    refuses(cell({ hiddenSize: 0 }), "OPTION", "hiddenSize", "got 0");
    refuses(cell({ bias: 1 }), "OPTION", "bias", "got 1");
    refuses(cell({ seed: -1 }), "OPTION", "seed", "got -1");
  });

  test("stream options are checked alike", () => {
    const lstm = make({})();
    for (const batchSize of [0, -1, 1.5, Number.NaN, "2", null, 2 ** 31]) {
      refuses(
        () => lstm.stream({ batchSize: batchSize as number }),
        "OPTION",
        "batchSize must be an integer from 1",
        "got ",
      );
    }
    refuses(() => lstm.stream({ batch_size: 1 } as object), "OPTION", "did you mean batchSize?");
    refuses(() => lstm.stream(3 as unknown as object), "OPTION", "stream", "got 3");
    refuses(() => make({ bidirectional: true })().stream(), "OPTION", "stream", "bidirectional");
  });
});
