/** Tensors and indices of other libraries, of JSON and of structuredClone: read as they are meant, or refused by name. */
import fc from "fast-check";
import {
  LSTM,
  PackedSequence,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
  Tensor,
} from "lstm-wasm";
import { Embedding, padIndices } from "lstm-wasm/nn";
import { load, save } from "lstm-wasm/safetensors";
import { crossEntropy, lengthBuckets } from "lstm-wasm/train";
import { describe, expect, test } from "vitest";
import { bits, refuses, wave } from "./support/refusal.js";

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
type Wrong = any;

const lstm = new LSTM({ inputSize: 2, hiddenSize: 3, seed: 1 });
const embedding = new Embedding({ numEmbeddings: 10, embeddingDim: 2, seed: 1 });
const ROWS = [
  [1, 2],
  [3, 4],
  [5, 6],
];
const run = (input: unknown): Tensor => lstm.forward(input as Tensor)[0];
const answer = (input: unknown) => bits(run(input));

/** The same values in the words of other libraries. */
const LAYOUTS: [string, number[], object][] = [
  ["ndarray, transposed", [1, 3, 5, 2, 4, 6], { shape: [3, 2], stride: [1, 3], offset: 0, order: [0, 1] }],
  ["ndarray, a step of -1", [5, 6, 3, 4, 1, 2], { shape: [3, 2], stride: [-2, 1], offset: 4 }],
  ["ndarray, a window", [9, 1, 2, 9, 3, 4, 9, 5, 6, 9], { shape: [3, 2], stride: [3, 1], offset: 1 }],
  ["stdlib", [1, 3, 5, 2, 4, 6], { shape: [3, 2], strides: [1, 3], offset: 0, order: "column-major" }],
  ["npyjs, Fortran order", [1, 3, 5, 2, 4, 6], { shape: [3, 2], fortranOrder: true }],
  ["npyjs, C order", [1, 2, 3, 4, 5, 6], { shape: [3, 2], fortranOrder: false }],
  ["order F", [1, 3, 5, 2, 4, 6], { dims: [3, 2], order: "F" }],
  ["order C", [1, 2, 3, 4, 5, 6], { dims: [3, 2], order: "C" }],
  ["order F from an offset on", [9, 1, 3, 5, 2, 4, 6], { shape: [3, 2], order: "fortran", offset: 1 }],
  ["an offset alone", [9, 9, 1, 2, 3, 4, 5, 6, 9], { shape: [3, 2], offset: 2 }],
];

describe("memory layouts", () => {
  test.each(LAYOUTS)("%s: tensors", (_, data, layout) => {
    expect(answer({ data: new Float32Array(data), ...layout })).toEqual(answer(ROWS));
    expect(answer({ data, ...layout })).toEqual(answer(ROWS));
  });

  test.each(LAYOUTS)("%s: indices", (_, data, layout) => {
    const indices = { data: new Int32Array(data), ...layout };
    expect(embedding.forward(indices as Wrong)).toEqual(embedding.forward(ROWS));
  });

  test("any layout of any tensor reads as its definition says", () => {
    const dimension = fc.record({ size: fc.nat(4), gap: fc.integer({ min: 1, max: 3 }), backwards: fc.boolean() });
    const drawn = fc.tuple(fc.array(dimension, { minLength: 1, maxLength: 4 }), fc.nat(3), fc.nat());
    fc.assert(
      fc.property(drawn, ([dimensions, before, turn]) => {
        // Strides in any order of the dimensions, with gaps, from either end.
        const order = dimensions.map((_, d) => d).sort((a, b) => ((a * 7 + turn) % 5) - ((b * 7 + turn) % 5));
        const stride = dimensions.map(() => 0);
        let [reach, offset] = [1, before];
        for (const d of order) {
          const { size, gap, backwards } = dimensions[d] as (typeof dimensions)[0];
          stride[d] = reach * gap * (backwards ? -1 : 1);
          if (backwards) offset += reach * gap * Math.max(size - 1, 0);
          reach *= gap * Math.max(size, 1);
        }
        const data = wave(offset + reach + 3);
        const shape = dimensions.map(({ size }) => size);
        const expected: number[] = [];
        const visit = (d: number, at: number): void => {
          if (d === shape.length) expected.push(data[at] as number);
          else for (let i = 0; i < (shape[d] as number); i++) visit(d + 1, at + i * (stride[d] as number));
        };
        visit(0, offset);
        const tensor = padSequence([{ data, shape, stride, offset }]);
        expect([...tensor.data]).toEqual(expected);
      }),
    );
  });

  test("values that lie row by row are not copied", () => {
    const data = wave(6);
    const out = lstm.forward({ data, shape: [3, 2], strides: [2, 1], offset: 0 });
    expect(bits(out[0])).toEqual(answer({ data, shape: [3, 2] }));
  });

  test.each<[string, object, string]>([
    ["beyond the end", { shape: [3, 2], stride: [2, 1], offset: 1 }, "values 1 to 6, but data has 6"],
    ["before the beginning", { shape: [3, 2], stride: [-2, 1], offset: 3 }, "values -1 to 4, but data has 6"],
    ["a negative offset", { shape: [2, 2], offset: -1 }, "values -1 to 2, but data has 6"],
    ["one entry for many", { shape: [100, 2], stride: [0, 1] }, "holds 200 values, but"],
    ["too few strides", { shape: [3, 2], stride: [1] }, "strides must be integers, 2 of them, got [1]"],
    ["fractions", { shape: [3, 2], strides: [1.5, 1] }, "strides must be integers, 2 of them, got [1.5, 1]"],
    ["a method", { shape: [3, 2], stride: () => [2, 1] }, "strides must be integers, 2 of them, got a function"],
    ["a fractional offset", { shape: [3, 2], offset: 0.5 }, "offset must be integers"],
    ["a string as offset", { shape: [3, 2], offset: "0" }, "offset must be integers"],
    ["an unknown order", { shape: [3, 2], order: "A" }, 'order must be "C" or "F"'],
    ["an order of axes without strides", { shape: [3, 2], order: [1, 0] }, 'order must be "C" or "F"'],
    ["orders that differ", { shape: [3, 2], order: "C", fortranOrder: true }, "fortranOrder false or true"],
    ["a number as fortranOrder", { shape: [3, 2], fortranOrder: 1 }, "got undefined and 1"],
  ])("%s is refused", (_, layout, part) => {
    refuses(() => answer({ data: wave(6), ...layout }), "SHAPE_MISMATCH", "input", part);
    const indices = { data: new Int32Array(6), ...layout } as Wrong;
    refuses(() => embedding.forward(indices), "SHAPE_MISMATCH", "indices", part);
  });

  test("indices of a shape that only multiplies out", () => {
    const bad = { data: new Int32Array(4), shape: [-2, -2] };
    refuses(() => embedding.forward(bad), "SHAPE_MISMATCH", "indices.shape", "[-2, -2]");
  });
});

describe("a Tensor whose fields were assigned to", () => {
  const x = () => new Tensor(wave(6), [3, 2]) as Wrong;

  test("is what its fields say now", () => {
    const tensor = Object.assign(x(), { shape: [1, 3, 2] });
    expect(run(tensor).shape).toEqual([1, 3, 3]);
    const data = wave(6, 3);
    expect(answer(Object.assign(x(), { data }))).toEqual(answer({ data, shape: [3, 2] }));
  });

  test.each<[string, object, string]>([
    ["a larger shape", { shape: [300, 2] }, "input.shape [300, 2] holds 600 values, but input.data has 6"],
    ["less data", { data: wave(2) }, "input.shape [3, 2] holds 6 values, but input.data has 2"],
    ["data of as many values, and another size", { data: wave(8), size: 8 }, "holds 6 values, but input.data has 8"],
    ["no shape", { shape: undefined }, "input.shape must be"],
  ])("%s does not fit", (_, fields, part) => {
    lstm.forward(new Tensor(wave(600), [300, 2]));
    refuses(() => answer(Object.assign(x(), fields)), "SHAPE_MISMATCH", part);
  });

  test("doubles are refused", () => {
    refuses(() => answer(Object.assign(x(), { data: new Float64Array(6) })), "DTYPE", "input.data");
  });

  test("behind a Proxy, as Vue's ref makes one, everything works", () => {
    const plain = x() as Tensor;
    const proxy = new Proxy(plain, {});
    expect(answer(proxy)).toEqual(answer(plain));
    expect(proxy.select(0, 1)).toEqual(plain.select(0, 1));
    expect(proxy.slice(0, 1)).toEqual(plain.slice(0, 1));
    expect([proxy.reshape([6]), proxy.toArray(), `${proxy}`]).toEqual([
      plain.reshape([6]),
      plain.toArray(),
      `${plain}`,
    ]);
    const packed = packPaddedSequence(x().reshape([3, 1, 2]), [3]);
    expect(bits(lstm.forward(new Proxy(packed, {}))[0].data)).toEqual(bits(lstm.forward(packed)[0].data));
  });
});

describe("JSON", () => {
  const through = (value: unknown) => JSON.parse(JSON.stringify(value));

  test("a Tensor comes back bit for bit, what JSON cannot hold included", () => {
    const values = new Float32Array([0.1, -0, Infinity, -Infinity, Number.NaN, 1e-45]);
    const tensor = new Tensor(values, [3, 2]);
    const text = '{"data":[0.10000000149011612,"-0","Infinity","-Infinity","NaN",1.401298464324817e-45],"shape":[3,2]}';
    expect(JSON.stringify(tensor)).toBe(text);
    expect(bits(padSequence([through(tensor)]))).toEqual(bits(values));
    expect(through(new Tensor([5], []))).toEqual({ data: [5], shape: [] });
    expect(through(Tensor.zeros([0, 3]))).toEqual({ data: [], shape: [0, 3] });
  });

  test("for forward, a stream's state, a state dict and a packed sequence", () => {
    const x = new Tensor(wave(6), [3, 2]);
    const [, state] = lstm.forward(x);
    expect(bits(lstm.forward(through(x) as Tensor, through(state))[0])).toEqual(bits(lstm.forward(x, state)[0]));

    const [one, other] = [lstm.stream(), lstm.stream()];
    one.run(x);
    other.state = through(one.state);
    const bytes = save({ ...one.state });
    expect(other.step(wave(2)).slice()).toEqual(one.step(wave(2)).slice());
    other.state = load(bytes) as Wrong;
    one.reset();
    one.run(x);
    expect(other.step(wave(2)).slice()).toEqual(one.step(wave(2)).slice());

    expect(bits(LSTM.fromStateDict(through(lstm.stateDict())).forward(x)[0])).toEqual(bits(lstm.forward(x)[0]));

    for (const lengths of [
      [3, 1],
      [1, 3],
      [0, 2],
    ]) {
      const packed = packPaddedSequence(new Tensor(wave(12), [3, 2, 2]), lengths, { enforceSorted: false });
      expect(PackedSequence.from(through(packed))).toEqual(packed);
    }
  });

  test("anything else is refused by its position", () => {
    const refused = (data: Wrong, ...expected: [Parameters<typeof refuses>[1], string]) =>
      refuses(() => answer({ data, shape: [1, 2] }), ...expected);
    refused(["x", 1], "DTYPE", 'input.data[0] must be a number, got "x"');
    refused([1, null], "DTYPE", "input.data[1] must be a number, got null");
    refused([[1], 2], "SHAPE_MISMATCH", "input.data[0] must be a number, got [1]");
  });

  test("names of numbers are numbers in toJSON's form alone, and no integers", () => {
    refuses(() => answer([["NaN", 1]]), "DTYPE", "input[0][0] must be a number");
    refuses(() => embedding.forward({ data: ["Infinity"], shape: [1] } as Wrong), "DTYPE", "indices.data[0]");
    expect(embedding.forward({ data: [1, 2], shape: [2] })).toEqual(embedding.forward([1, 2]));
  });
});

describe("structuredClone", () => {
  test("a tensor's clone is a tensor", () => {
    const x = new Tensor(wave(6), [3, 2]);
    expect(answer(structuredClone(x))).toEqual(answer(x));
  });

  test("a packed sequence's clone is refused with the way back", () => {
    const packed = packPaddedSequence(new Tensor(wave(12), [3, 2, 2]), [1, 3], { enforceSorted: false });
    const clone = structuredClone(packed) as Wrong;
    for (const wrong of [clone, JSON.parse(JSON.stringify(packed))]) {
      refuses(() => lstm.forward(wrong), "DTYPE", "input", "PackedSequence.from(...)");
    }
    expect(PackedSequence.from(clone)).toEqual(packed);
    expect(PackedSequence.from(clone)).toBeInstanceOf(PackedSequence);
    expect(padPackedSequence(clone)).toEqual(padPackedSequence(packed));
  });

  test("a PackedSequence whose fields were assigned to is checked again when it is padded", () => {
    const packed = packPaddedSequence(new Tensor(wave(12), [3, 2, 2]), [3, 1]) as Wrong;
    packed.batchSizes = new Int32Array([2, 2, 2]);
    refuses(() => padPackedSequence(packed), "SHAPE_MISMATCH", "sum of batchSizes. Expected 6");
  });

  test("from refuses what does not fit together", () => {
    const packed = packPaddedSequence(new Tensor(wave(12), [3, 2, 2]), [3, 1]);
    refuses(() => PackedSequence.from({ ...packed, batchSizes: [2, 1] }), "SHAPE_MISMATCH", "batchSizes");
    refuses(() => PackedSequence.from({ ...packed, sortedIndices: [0, 0] }), "LENGTHS", "sortedIndices");
    for (const wrong of [undefined, null, 3, {}]) refuses(() => PackedSequence.from(wrong as Wrong), "DTYPE", "data");
  });
});

describe("the cure that a DTYPE error names", () => {
  const halves = "half floats with new Float32Array(new Float16Array(new Uint16Array(input.data).buffer))";
  const bytes = "bytes with new Float32Array(new Uint8Array(input.data).buffer)";
  test.each<[string, ArrayBufferView, string]>([
    ["Uint16Array", new Uint16Array(2), halves],
    ["Uint8Array", new Uint8Array(2), bytes],
    ["Uint8ClampedArray", new Uint8ClampedArray(2), "convert it with new Float32Array(input.data)"],
    ["Int8Array", new Int8Array(2), "convert it with new Float32Array(input.data)"],
    ["Float64Array", new Float64Array(2), "convert it with new Float32Array(input.data)"],
    ["BigUint64Array", new BigUint64Array(2), "convert it with Float32Array.from(input.data, Number)"],
  ])("of a %s", (_, data, part) => {
    refuses(() => lstm.forward({ data, dims: [1, 2] } as Wrong), "DTYPE", "input.data must be a Float32Array", part);
  });

  test("cures what it says", () => {
    const [values, data] = [wave(2), new Uint8Array(wave(2).buffer)];
    expect(new Float32Array(new Uint8Array(data).buffer)).toEqual(values);
  });

  test.each<[string, ArrayBufferView, string]>([
    ["BigInt64Array", new BigInt64Array(2), "convert it with Int32Array.from(indices.data, Number)"],
    ["Uint32Array", new Uint32Array(2), "convert it with new Int32Array(indices.data)"],
    ["Uint8Array", new Uint8Array(2), "bytes with new Int32Array(new Uint8Array(indices.data).buffer)"],
  ])("of a %s as indices", (_, data, part) => {
    refuses(() => embedding.forward({ data, dims: [2] } as Wrong), "DTYPE", "indices.data must be an Int32Array", part);
  });
});

describe("arrays without end, and numbers without memory", () => {
  const loop: Wrong[] = [];
  loop[0] = loop;
  const sparse: Wrong[] = [];
  sparse.length = 2 ** 32 - 1;
  /** An array that has nothing at all where undefined is given. */
  const holed = (...items: Wrong[]): Wrong[] => {
    for (const [index, item] of items.entries()) if (item === undefined) delete items[index];
    return items;
  };

  test("an array that holds itself", () => {
    refuses(() => embedding.forward(loop), "SHAPE_MISMATCH", "indices: arrays may nest 64 deep");
    refuses(() => crossEntropy([[1, 2]], loop), "SHAPE_MISMATCH", "target: arrays may nest 64 deep");
    refuses(() => padIndices([loop]), "SHAPE_MISMATCH", "sequences[0]: arrays may nest 64 deep");
    refuses(() => lstm.forward(loop), "SHAPE_MISMATCH", "input: arrays may nest 64 deep");
    refuses(() => lstm.forward({ data: loop, shape: [1] }), "SHAPE_MISMATCH", "input.data[0]");
    refuses(() => lstm.forward({ data: wave(1), shape: loop }), "SHAPE_MISMATCH", "input.shape");
  });

  test("an array of billions of holes", () => {
    refuses(() => new Tensor(wave(1), sparse), "SHAPE_MISMATCH", "shape", "an array of 4294967295");
    refuses(() => lstm.forward({ data: wave(1), shape: sparse }), "SHAPE_MISMATCH", "input.shape");
    refuses(() => Tensor.zeros(Object.freeze(holed(undefined, 2))), "SHAPE_MISMATCH", "shape");
    refuses(() => packSequence(holed(undefined, [[1]])), "DTYPE", "sequences[0]");
    refuses(() => padIndices(holed([1], undefined, [2])), "DTYPE", "sequences[1]");
    refuses(() => lengthBuckets(sparse, { batchSize: 1 }), "OPTION", "lengths[0]");
  });

  test("more than fits in memory", () => {
    const many = Array.from({ length: 1e5 }, () => [1]);
    refuses(() => padIndices([new Int32Array(1e6), ...many]), "OUT_OF_MEMORY", "shape [1000000, 100001]");
    refuses(() => padSequence([new Float32Array(1e6), ...many]), "OUT_OF_MEMORY");
    const nothing = Tensor.zeros([2 ** 40, 0]);
    refuses(() => padSequence([nothing]), "OUT_OF_MEMORY", "rows");
    const wide = Tensor.zeros([2 ** 31 - 1, 1000, 0]);
    refuses(() => packPaddedSequence(wide, new Array(1000).fill(2 ** 31 - 1)), "OUT_OF_MEMORY", "rows");
  });

  test("lengthBuckets of no list", () => {
    for (const wrong of [undefined, null, 3, {}, "123"]) {
      refuses(() => lengthBuckets(wrong as Wrong, { batchSize: 1 }), "OPTION", "lengths must be an array");
    }
  });
});
