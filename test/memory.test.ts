/** How much memory objects take, how rarely it grows, and what is said when there is no more. */
import { readFileSync } from "node:fs";
import { LSTM, LSTMCell, Tensor } from "lstm-wasm";
import { Dropout, Embedding, Linear, Tanh } from "lstm-wasm/nn";
import { binaryCrossEntropyWithLogits, crossEntropy, mseLoss } from "lstm-wasm/train";
import { describe, expect, test } from "vitest";
import { dist, realm, SPY } from "./support/realm.js";
import { thrown } from "./support/refusal.js";

interface Exports {
  memory: WebAssembly.Memory;
  [name: string]: unknown;
}

/** The package in a realm of its own, and what its instance exports. */
function fresh() {
  const place = realm(SPY);
  return { lib: place.load(), exports: () => place.run("instances[0].exports") as Exports };
}

describe("memory", () => {
  test("grows rarely, however many streams are opened", () => {
    const { lib, exports } = fresh();
    const lstm = new lib.LSTM({ inputSize: 64, hiddenSize: 128 });
    const buffers = new Set<ArrayBufferLike>();
    const streams = Array.from({ length: 10_000 }, () => {
      const stream = lstm.stream();
      buffers.add(exports().memory.buffer);
      return stream;
    });
    // By single pages it would be 900 times.
    expect(buffers.size).toBeLessThan(30);
    const { byteLength } = exports().memory.buffer;
    for (const stream of streams) stream.dispose();
    for (let index = 0; index < 10_000; index++) lstm.stream();
    expect(exports().memory.buffer.byteLength).toBe(byteLength);
  });

  test.each<[string, boolean]>([
    ["an LSTM(4, 8) takes at most 8 kB", false],
    ["also after a forward", true],
  ])("%s", (_, forward) => {
    const { lib, exports } = fresh();
    const make = () => {
      const lstm = new lib.LSTM({ inputSize: 4, hiddenSize: 8 });
      if (forward) lstm.forward(lib.Tensor.zeros([1, 16, 4]));
      return lstm;
    };
    const first = make();
    const count = 4000;
    const before = exports().memory.buffer.byteLength;
    const all = Array.from({ length: count }, make);
    const each = (exports().memory.buffer.byteLength - before) / count;
    expect(all.length).toBe(count);
    first.dispose();
    // Input, output, states and pre-activations of 16 sequences are 5 kB more.
    expect(each).toBeLessThan(forward ? 16_384 : 8192);
  });

  test.each([
    ["int8", 0.28],
    ["int16", 0.53],
  ] as const)("100 models of %s weights take at most %f of float32's memory", (weights, most) => {
    for (const [inputSize, hiddenSize] of [
      [16, 64],
      [64, 128],
    ] as const) {
      const { lib, exports } = fresh();
      const used = () => (exports().usedBytes as () => number)();
      const first = new lib.LSTM({ inputSize, hiddenSize, seed: 1 });
      const dict = first.stateDict();
      const each = (options: { weights?: typeof weights }) => {
        const before = used();
        const models = Array.from({ length: 100 }, () => {
          const model = lib.LSTM.fromStateDict(dict, options);
          model.forward(lib.Tensor.zeros([1, 1, inputSize]));
          return model;
        });
        return (used() - before) / models.length;
      };
      expect(each({ weights }) / each({}), `${inputSize}, ${hiddenSize}`).toBeLessThanOrEqual(most);
    }
  });

  test.each([
    ["int8", 0.3],
    ["int16", 0.55],
  ] as const)("%s weights come into memory without a float32 copy beside them", (weights, most) => {
    const { lib: other } = fresh();
    const dict = new other.LSTM({ inputSize: 256, hiddenSize: 512, seed: 1 }).stateDict();
    const { lib, exports } = fresh();
    new lib.LSTM({ inputSize: 1, hiddenSize: 1 });
    const before = exports().memory.buffer.byteLength; // which never shrinks
    lib.LSTM.fromStateDict(dict, { weights });
    const grown = exports().memory.buffer.byteLength - before;
    expect(grown).toBeLessThanOrEqual(most * 4 * 4 * 512 * (256 + 512));
  });

  test("a stream takes what docs/streams.md says", () => {
    for (const [inputSize, hiddenSize, numLayers, projSize, batchSize] of [
      [8, 64, 1, 0, 1],
      [64, 128, 2, 0, 1],
      [3, 5, 1, 0, 1],
      [8, 64, 2, 16, 3],
    ] as const) {
      const { lib, exports } = fresh();
      const lstm = new lib.LSTM({ inputSize, hiddenSize, numLayers, projSize });
      const used = exports().usedBytes as () => number;
      const before = used();
      const streams = Array.from({ length: 100 }, () => lstm.stream({ batchSize }));
      const told =
        300 + 4 * batchSize * (inputSize + 5 * hiddenSize + numLayers * (2 * hiddenSize + (projSize || hiddenSize)));
      const difference = (used() - before) / streams.length / told - 1;
      expect(Math.abs(difference), `${inputSize}, ${hiddenSize}`).toBeLessThan(0.1);
      lstm.dispose();
    }
  });

  test("a step of an LSTMCell costs the same, however many wait for their backward", () => {
    const cell = new LSTMCell({ inputSize: 4, hiddenSize: 8 });
    cell.train();
    const x = Tensor.zeros([1, 4]);
    const steps = (count: number) => {
      const start = performance.now();
      for (let index = 0; index < count; index++) cell.forward(x);
      return performance.now() - start;
    };
    steps(2000);
    const few = Math.min(steps(1000), steps(1000));
    steps(46_000);
    const many = Math.min(steps(1000), steps(1000));
    cell.dispose();
    expect(many).toBeLessThan(4 * few); // it was 7 times, and more with each step
  });
});

describe("OUT_OF_MEMORY", () => {
  const message = (action: () => unknown): string => {
    const error = thrown(action) as Error & { code: string };
    expect(error.code).toBe("OUT_OF_MEMORY");
    return error.message;
  };
  const bytesIn = (text: string): number => Number(/needs (\d+) bytes/.exec(text)?.[1]);

  test("names all bytes of the request, and how many are in use", () => {
    const rows = 2 ** 23;
    const linear = new Linear({ inFeatures: 1, outFeatures: 100 });
    const data = new Float32Array(rows);
    // Input, and output in whole panels of 16 columns.
    const text = message(() => linear.forward({ data, shape: [rows, 1] }));
    expect(bytesIn(text)).toBe(4 * rows * (1 + 112));
    expect(text).toMatch(
      / needs 3791650816 bytes \(3\.53 GiB\): of the 4 GiB .* share, \d+ bytes \(\d\.\d\d GiB\) are in use, and the rest/,
    );
    linear.train();
    const trains = bytesIn(message(() => linear.forward({ data, shape: [rows, 1] })));
    expect(trains).toBeGreaterThan(4 * rows * (1 + 112 + 16));
    linear.dispose();

    // 4 (H (I + H) + 2 H) values as PyTorch has them, and once more in the kernels' order with one bias.
    const h = 20_000;
    const whole = bytesIn(message(() => new LSTM({ inputSize: 8, hiddenSize: h })));
    expect(whole).toBeGreaterThanOrEqual(4 * 4 * h * (2 * (8 + h) + 3));
    expect(whole).toBeLessThan(4 * 4 * h * (2 * (8 + h) + 3) + 2000);
  });

  test("never names the bytes of an earlier refusal", () => {
    const lstm = new LSTM({ inputSize: 3, hiddenSize: 4 });
    message(() => new LSTM({ inputSize: 3, hiddenSize: 65_536 }));
    const stream = bytesIn(message(() => lstm.stream({ batchSize: 2 ** 29 })));
    expect(stream).toBe(4 * 2 ** 29 * (3 + 4 + 4 + 4 + 16 + 4));
    const nothing = { data: new Float32Array(0), shape: [0, 2 ** 32] };
    expect(bytesIn(message(() => crossEntropy(nothing, [])))).toBe(4 * 2 ** 32);
    lstm.dispose();
  });
});

describe("sizes beyond 32 bits", () => {
  const nothing = (...shape: number[]) => ({ data: new Float32Array(0), shape });
  const indices = { data: new Int32Array(0), shape: [0] };

  test.each<[string, () => unknown]>([
    ["crossEntropy", () => crossEntropy(nothing(0, 2 ** 32), indices)],
    ["crossEntropy, wrapping to one class", () => crossEntropy(nothing(0, 2 ** 32 + 1), indices)],
    ["binaryCrossEntropyWithLogits", () => binaryCrossEntropyWithLogits(nothing(0, 2 ** 32), nothing(0, 2 ** 32))],
    ["Linear", () => new Linear({ inFeatures: 2 ** 16, outFeatures: 2 ** 16 })],
    ["Linear, in panels", () => new Linear({ inFeatures: 2 ** 28, outFeatures: 1 })],
    ["Embedding", () => new Embedding({ numEmbeddings: 2 ** 16, embeddingDim: 2 ** 16 })],
    ["Embedding of one column", () => new Embedding({ numEmbeddings: 2 ** 30, embeddingDim: 1 })],
  ])("%s is refused", (_, action) => {
    expect(thrown(action)).toMatchObject({ code: "OUT_OF_MEMORY" });
  });

  test("without values, what needs no memory works", () => {
    const shape = [2 ** 32, 0, 3];
    const linear = new Linear({ inFeatures: 3, outFeatures: 2 });
    expect(linear.forward(nothing(...shape)).shape).toEqual([2 ** 32, 0, 2]);
    expect(mseLoss(nothing(...shape), nothing(...shape)).loss).toBeNaN();
    const dropout = new Dropout();
    dropout.train();
    for (const module of [dropout, new Tanh()]) expect(module.forward(nothing(...shape)).shape).toEqual(shape);
    expect(new LSTM({ inputSize: 3, hiddenSize: 4 }).forward([[1, 2, 3]])[0].shape).toEqual([1, 4]);
  });
});

describe("the boundary", () => {
  const start = () => {
    const module = new WebAssembly.Module(readFileSync(dist("lstm.wasm")));
    const { exports } = new WebAssembly.Instance(module);
    return exports as unknown as Record<string, (...numbers: number[]) => number>;
  };

  test.each<[string, number[], number[]]>([
    ["address", [0, 0], [0, 9]],
    ["address", [0, 4], [0, 5]],
    ["parameter", [0, 0, 6], [0, 0, 7]],
    ["parameter", [0, 3, 3], [0, 4, 3]],
    ["streamAddress", [0, 3], [0, 4]],
    ["lossAddress", [3], [4]],
    ["layerAddress", [0, 2], [0, 3]],
    ["layerParameter", [0, 1, 0], [0, 2, 0]],
    ["gradientZero", [1, 0, 0], [2, 0, 0]],
    ["streamFree", [0], [1]],
  ])("%s(%j) is known, %j traps", (name, known, unknown) => {
    const kernels = start();
    kernels.stackNew?.(0, 3, 4, 1, 0, 1, 0, 0);
    kernels.linearNew?.(3, 4, 1);
    kernels.streamNew?.(0, 1);
    expect(() => kernels[name]?.(...known)).not.toThrow();
    expect(() => kernels[name]?.(...unknown)).toThrow(WebAssembly.RuntimeError);
  });

  test("a freed handle is given out again, and means nothing before", () => {
    const kernels = start();
    const make = () => kernels.stackNew?.(0, 3, 4, 1, 0, 1, 0, 0);
    expect([make(), make(), make()]).toEqual([0, 1, 2]);
    kernels.stackFree?.(0);
    kernels.stackFree?.(2);
    expect([make(), make(), make()]).toEqual([2, 0, 3]);
    kernels.stackFree?.(1);
    expect(() => kernels.parameterCount?.(1)).toThrow(WebAssembly.RuntimeError);
  });

  test("no function has more parameters than a guard passes on", () => {
    const functions = Object.values(start()).filter((value) => typeof value === "function");
    const most = Math.max(...functions.map(({ length }) => length));
    expect(most).toBe(9);
  });
});
