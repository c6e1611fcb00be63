import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NestedNumbers } from "../ts/tensor/arrays.js";
import { asTensor, type NestedArray, Tensor } from "../ts/tensor/tensor.js";

const torch: {
  prints: { shape: number[]; data: (number | string)[]; text: string }[];
  summaries: { shape: number[]; scale: number; offset: number; text: string }[];
} = JSON.parse(readFileSync(new URL("fixtures/torch.json", import.meta.url), "utf8"));

/** JSON has no infinities and no NaN; the recorder writes them as strings. */
const SPECIAL: Record<string, number> = {
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
};

const failure = (code: string, ...parts: string[]) =>
  expect.objectContaining({
    name: "LSTMError",
    code,
    message: expect.stringMatching(parts.map((part) => part.replace(/[[\](){}.]/g, "\\$&")).join(".*")),
  });

const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
const count = (shape: readonly number[]) => shape.reduce((size, n) => size * n, 1);
const numbered = (shape: readonly number[]) =>
  new Tensor(
    Float32Array.from({ length: count(shape) }, (_, i) => i),
    shape,
  );

describe("prints as PyTorch does", () => {
  test.each(torch.prints)("$shape $text", ({ shape, data, text }) => {
    const values = Float32Array.from(data, (value) => (typeof value === "string" ? (SPECIAL[value] as number) : value));
    expect(new Tensor(values, shape).toString()).toBe(text);
  });

  test.each(torch.summaries)("$shape * $scale + $offset", ({ shape, scale, offset, text }) => {
    const values = Float32Array.from({ length: count(shape) }, (_, i) => Math.fround(i * Math.fround(scale)) + offset);
    expect(new Tensor(values, shape).toString()).toBe(text);
  });

  test("in Node's inspect, nested too", () => {
    const tensor = new Tensor([[1, 2]]);
    expect(inspect(tensor)).toBe("tensor([[1., 2.]])");
    expect(inspect({ h: new Tensor([[1], [2]]) })).toBe("{\n  h: tensor([[1.],\n          [2.]])\n}");
    expect(`${tensor}`).toBe("tensor([[1., 2.]])");
  });

  test("many tiny dimensions and any values, without failing", () => {
    fc.assert(
      fc.property(shapes, fc.integer(), (shape, seed) => {
        expect(Tensor.randn(shape, { seed: Math.abs(seed) }).toString()).toMatch(/^tensor\([\s\S]*\)$/);
      }),
    );
  });
});

describe("new Tensor", () => {
  test("keeps a Float32Array, and freezes a copy of the shape", () => {
    const data = new Float32Array(6);
    const shape = [2, 3];
    const tensor = new Tensor(data, shape);
    shape[0] = 9;
    expect(tensor.data).toBe(data);
    expect(tensor.shape).toEqual([2, 3]);
    expect(Object.isFrozen(tensor.shape)).toBe(true);
  });

  test("reads nested arrays, flat arrays and rows that are Float32Arrays", () => {
    expect(new Tensor([[[1, 2]], [[3, 4]]]).shape).toEqual([2, 1, 2]);
    expect(new Tensor([1, 2, 3, 4, 5, 6], [2, 3]).toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(new Tensor([new Float32Array([1, 2]), [3, 4]]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(new Tensor(new Float32Array(4)).shape).toEqual([4]);
    expect(new Tensor([]).shape).toEqual([0]);
    expect(new Tensor([[], []]).shape).toEqual([2, 0]);
    expect(new Tensor([5], []).toArray()).toBe(5);
    expect(new Tensor([0.1, Number.NaN]).data).toEqual(new Float32Array([0.1, Number.NaN]));
  });

  test.each<[string, unknown, unknown, ReturnType<typeof failure>]>([
    ["a ragged row", [[1, 2], [3]], undefined, failure("SHAPE_MISMATCH", "data[1] must be an array of 2", "got [3]")],
    [
      "a deeper row",
      [
        [1, 2],
        [3, [4]],
      ],
      undefined,
      failure("SHAPE_MISMATCH", "data[1][1] must be a number", "got [4]"),
    ],
    ["a number for a row", [[1], 2], undefined, failure("SHAPE_MISMATCH", "data[1] must be an array of 1", "got 2")],
    ["nested rows and a shape", [[1], [2]], [2, 1], failure("SHAPE_MISMATCH", "data[0] must be a number")],
    ["a string", [[1, "x"]], undefined, failure("DTYPE", 'data[0][1] must be a number, got "x"')],
    ["null", [null], undefined, failure("DTYPE", "data[0] must be a number, got null")],
    ["a hole", new Array(2), undefined, failure("DTYPE", "data[0] must be a number, got undefined")],
    ["a bigint", [1n], undefined, failure("DTYPE", "data[0] must be a number, got 1n")],
    ["a Float64Array row", [new Float64Array(2)], undefined, failure("DTYPE", "data[0]", "new Float32Array(data[0])")],
    [
      "a Float64Array",
      new Float64Array(2),
      [2],
      failure("DTYPE", "got a Float64Array; convert it with new Float32Array(data)"),
    ],
    [
      "an Int32Array",
      new Int32Array(2),
      [2],
      failure("DTYPE", "got an Int32Array; convert it with new Float32Array(data)"),
    ],
    [
      "bigints",
      new BigInt64Array(2),
      [2],
      failure("DTYPE", "got a BigInt64Array; convert it with Float32Array.from(data, Number)"),
    ],
    ["nothing", undefined, [2], failure("DTYPE", "data must be a Float32Array, got undefined")],
    [
      "too few values",
      new Float32Array(5),
      [2, 3],
      failure("SHAPE_MISMATCH", "shape [2, 3] holds 6 values, but data has 5"),
    ],
    ["a fractional shape", new Float32Array(3), [1.5, 2], failure("SHAPE_MISMATCH", "shape", "got [1.5, 2]")],
    ["a negative shape", new Float32Array(2), [-1, -2], failure("SHAPE_MISMATCH", "shape", "got [-1, -2]")],
    ["a number as shape", new Float32Array(2), 2, failure("SHAPE_MISMATCH", "shape", "got 2")],
  ])("refuses %s", (_, data, shape, error) => {
    expect(() => new Tensor(data as Float32Array, shape as number[])).toThrow(error);
  });

  test("is what toArray came from", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const tensor = numbered(shape);
        const nested = tensor.toArray();
        if (typeof nested === "number") return;
        const again = new Tensor(nested as NestedArray);
        expect(again.data).toEqual(tensor.data);
        // Nothing is left in the arrays of what comes after a 0.
        const visible = shape.includes(0) ? shape.slice(0, shape.indexOf(0) + 1) : shape;
        expect(again.shape).toEqual(visible);
      }),
    );
  });
});

describe("zeros", () => {
  test("of any shape", () => {
    expect(Tensor.zeros([2, 2]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(Tensor.zeros([]).toArray()).toBe(0);
    expect(Tensor.zeros([]).toArray(0)).toBe(0);
    const row: number[] = Tensor.zeros([1, 2]).toArray(2)[0] as number[];
    expect(row).toEqual([0, 0]);
    expect(() => Tensor.zeros([1, 2]).toArray(3)).toThrow("toArray: expected 3 dimensions, got 2 of shape [1, 2]");
    expect(() => Tensor.zeros([1, 2]).toArray("2" as never)).toThrow('toArray: expected "2" dimensions');
    expect(Tensor.zeros([3, 0]).size).toBe(0);
  });

  test("too large for memory", () => {
    expect(() => Tensor.zeros([2 ** 30, 2 ** 30])).toThrow(failure("OUT_OF_MEMORY", "shape [1073741824, 1073741824]"));
  });
});

/** What `select` and `slice` mean, on nested arrays. */
function at(nested: NestedNumbers, dim: number, pick: (rows: NestedNumbers[]) => NestedNumbers): NestedNumbers {
  const rows = nested as NestedNumbers[];
  return dim === 0 ? pick(rows) : rows.map((row) => at(row, dim - 1, pick));
}

describe("select, slice and reshape", () => {
  const cases = shapes
    .filter((shape) => shape.length > 0)
    .chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.nat(shape.length - 1),
        fc.integer({ min: -7, max: 7 }),
        fc.integer({ min: -7, max: 7 }),
      ),
    );

  test("select agrees with indexing, from either end", () => {
    fc.assert(
      fc.property(cases, ([shape, dim, index]) => {
        const tensor = numbered(shape);
        const size = shape[dim] as number;
        if (index < -size || index >= size) {
          expect(() => tensor.select(dim, index)).toThrow(failure("OPTION", "index"));
          return;
        }
        const expected = at(tensor.toArray(), dim, (rows) => rows.at(index) as NestedNumbers);
        for (const d of [dim, dim - shape.length]) {
          const selected = tensor.select(d, index);
          expect(selected.shape).toEqual(shape.filter((_, i) => i !== dim));
          if (!shape.includes(0)) expect(selected.toArray()).toEqual(expected);
        }
      }),
    );
  });

  test("slice agrees with Array.prototype.slice", () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ([shape, dim, start, end], open) => {
        const tensor = numbered(shape);
        const sliced = open ? tensor.slice(dim, start) : tensor.slice(dim, start, end);
        expect(sliced.toArray()).toEqual(
          at(tensor.toArray(), dim, (rows) => rows.slice(start, open ? undefined : end)),
        );
        expect(sliced.shape.length).toBe(shape.length);
        expect(sliced.data).not.toBe(tensor.data);
      }),
    );
  });

  test("reshape shares the data and works out one -1", () => {
    const tensor = numbered([2, 3, 4]);
    expect(tensor.reshape([6, -1]).shape).toEqual([6, 4]);
    expect(tensor.reshape([-1]).shape).toEqual([24]);
    expect(tensor.reshape([4, 6]).data).toBe(tensor.data);
    expect(Tensor.zeros([0, 3]).reshape([-1, 3]).shape).toEqual([0, 3]);
    expect(new Tensor([1]).reshape([]).toArray()).toBe(1);
  });

  test.each([[[5, 5]], [[5, -1]], [[-1, -1, 24]], [[-2, -12]], [[2.5, 1]], ["24"], [undefined]])(
    "reshape refuses %j",
    (shape) => {
      expect(() => numbered([2, 3, 4]).reshape(shape as number[])).toThrow(failure("SHAPE_MISMATCH", "shape"));
    },
  );

  test("reshape of nothing cannot tell what -1 is", () => {
    expect(() => Tensor.zeros([0, 3]).reshape([0, -1])).toThrow(
      failure("SHAPE_MISMATCH", "shape [0, -1]", "shape [0, 3]"),
    );
  });

  test("refuse indices and dimensions that are not there", () => {
    const tensor = numbered([2, 3]);
    expect(() => tensor.select(2, 0)).toThrow(failure("OPTION", "dim must be an integer in [-2, 2), got 2"));
    expect(() => tensor.select(0, 1.5)).toThrow(failure("OPTION", "index must be an integer in [-2, 2), got 1.5"));
    expect(() => tensor.slice(-3, 0)).toThrow(failure("OPTION", "dim"));
    expect(() => tensor.slice(0, Number.NaN)).toThrow(failure("OPTION", "start must be an integer, got NaN"));
    expect(() => tensor.slice(0, 0, "1" as never)).toThrow(failure("OPTION", "end"));
    expect(tensor.slice(1, 1, Number.POSITIVE_INFINITY).shape).toEqual([2, 2]);
  });
});

describe("asTensor", () => {
  test("passes a Tensor through", () => {
    const tensor = numbered([2, 3]);
    expect(asTensor("input", tensor)).toBe(tensor);
  });

  test("wraps { data, shape } and { data, dims } without a copy", () => {
    const data = new Float32Array(6);
    for (const like of [
      { data, shape: [2, 3] },
      { data, dims: [2, 3] },
      { data, dims: [2, 3], type: "float32", location: "cpu" },
    ]) {
      const tensor = asTensor("input", like);
      expect(tensor.data).toBe(data);
      expect(tensor.shape).toEqual([2, 3]);
    }
  });

  test("takes nested arrays and a bare Float32Array", () => {
    expect(asTensor("input", [[1, 2]]).shape).toEqual([1, 2]);
    expect(asTensor("input", new Float32Array(3)).shape).toEqual([3]);
  });

  test("takes values of another realm", () => {
    const made = runInNewContext(
      "({ data: new Float32Array([1, 2]), shape: [1, 2], nested: [[3, 4]], rows: [new Float32Array(2)] })",
    );
    expect(asTensor("input", made).data).toBe(made.data);
    expect(new Tensor(made.data, made.shape).toArray()).toEqual([[1, 2]]);
    expect(asTensor("input", made.nested).toArray()).toEqual([[3, 4]]);
    expect(asTensor("input", made.rows).shape).toEqual([1, 2]);
    const doubles = runInNewContext("new Float64Array(2)");
    expect(() => asTensor("input", doubles)).toThrow(
      failure("DTYPE", "input must be a Float32Array, got a Float64Array"),
    );
  });

  test.each<[unknown, ReturnType<typeof failure>]>([
    [undefined, failure("DTYPE", "^input must be a Tensor", "got undefined")],
    [null, failure("DTYPE", "^input must be a Tensor", "got null")],
    [3, failure("DTYPE", "^input must be a Tensor", "got 3")],
    ["abc", failure("DTYPE", "^input must be a Tensor", 'got "abc"')],
    [{}, failure("DTYPE", "^input must be a Tensor", "got an Object")],
    [new ArrayBuffer(8), failure("DTYPE", "^input must be a Tensor", "got an ArrayBuffer")],
    [{ data: new Float32Array(2) }, failure("SHAPE_MISMATCH", "^input.shape must be", "got undefined")],
    [
      { data: new Float32Array(2), dims: [3] },
      failure("SHAPE_MISMATCH", "^input.dims [3] holds 3 values, but input.data has 2"),
    ],
    [{ data: new Float32Array(2), dims: [-1, -2] }, failure("SHAPE_MISMATCH", "^input.dims", "got [-1, -2]")],
    [{ data: new Float64Array(2), dims: [2] }, failure("DTYPE", "^input.data", "new Float32Array(input.data)")],
    [
      { data: new BigInt64Array(2), dims: [2] },
      failure("DTYPE", "^input.data", "Float32Array.from(input.data, Number)"),
    ],
    [{ data: [1, "2"], dims: [2] }, failure("DTYPE", "^input.data[1] must be a number", 'got "2"')],
    [{ data: async () => {}, shape: [2] }, failure("DTYPE", "^input.data", "got a function")],
    [[[1], [2, 3]], failure("SHAPE_MISMATCH", "^input[1] must be an array of 1", "got [2, 3]")],
    [[[1], ["2"]], failure("DTYPE", '^input[1][0] must be a number, got "2"')],
  ])("refuses %s by name", (value, error) => {
    expect(() => asTensor("input", value)).toThrow(error);
  });

  test("notices data that was transferred away", () => {
    const tensor = numbered([2, 3]);
    structuredClone(tensor.data, { transfer: [tensor.data.buffer as ArrayBuffer] });
    expect(() => asTensor("h0", tensor)).toThrow(
      failure("SHAPE_MISMATCH", "^h0", "6 values, but h0.data has 0", "transferred"),
    );
  });
});
