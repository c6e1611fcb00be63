import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PackedSequence } from "../ts/tensor/packed-sequence.js";
import { packPaddedSequence, packSequence, padPackedSequence, padSequence } from "../ts/tensor/padding.js";
import { Tensor } from "../ts/tensor/tensor.js";

interface Recorded {
  shape: number[];
  data: number[];
}
const torch: {
  packs: {
    lengths: number[];
    batchFirst: boolean;
    enforceSorted: boolean;
    inputShape: number[];
    pad: { totalLength?: number; paddingValue?: number };
    packed: Recorded;
    batchSizes: number[];
    sortedIndices: number[] | null;
    unsortedIndices: number[] | null;
    padded: Recorded;
    counts: number[];
  }[];
  sequences: {
    sequences: Recorded[];
    batchFirst: boolean;
    paddingValue: number;
    padded: Recorded;
    packed: number[] | null;
  }[];
} = JSON.parse(readFileSync(new URL("fixtures/torch.json", import.meta.url), "utf8"));

const count = (shape: readonly number[]) => shape.reduce((size, n) => size * n, 1);
const numbered = (shape: readonly number[]) =>
  new Tensor(
    Float32Array.from({ length: count(shape) }, (_, i) => i + 1),
    shape,
  );
const plain = (tensor: Tensor) => ({ shape: [...tensor.shape], data: [...tensor.data] });
const list = (indices: Int32Array | null) => indices && [...indices];
const failure = (code: string, message: string) =>
  expect.objectContaining({ name: "LSTMError", code, message: expect.stringContaining(message) });

describe("as PyTorch", () => {
  test.each(torch.packs)("packs and pads $lengths of $inputShape, enforceSorted $enforceSorted, $pad", (recorded) => {
    const { lengths, batchFirst, enforceSorted } = recorded;
    const packed = packPaddedSequence(numbered(recorded.inputShape), lengths, { batchFirst, enforceSorted });
    expect(plain(packed.data)).toEqual(recorded.packed);
    expect(list(packed.batchSizes)).toEqual(recorded.batchSizes);
    expect(list(packed.sortedIndices)).toEqual(recorded.sortedIndices);
    expect(list(packed.unsortedIndices)).toEqual(recorded.unsortedIndices);
    expect([packed.batch, packed.steps]).toEqual([lengths.length, Math.max(...lengths)]);
    const [padded, counts] = padPackedSequence(packed, { batchFirst, ...recorded.pad });
    expect(plain(padded)).toEqual(recorded.padded);
    expect(counts).toEqual(recorded.counts);
  });

  test.each(torch.sequences)("pads and packs sequences to $padded.shape", (recorded) => {
    const sequences = recorded.sequences.map(({ shape, data }) => new Tensor(data, shape));
    const { batchFirst, paddingValue } = recorded;
    expect(plain(padSequence(sequences, { batchFirst, paddingValue }))).toEqual(recorded.padded);
    if (recorded.packed)
      expect([...packSequence(sequences, { enforceSorted: false }).data.data]).toEqual(recorded.packed);
  });
});

/** Lengths of 0 and up, a padded length no shorter, and the dimensions that follow. */
const batches = fc.record({
  lengths: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 6 }),
  spare: fc.integer({ min: 0, max: 2 }),
  rest: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
  batchFirst: fc.boolean(),
});

describe("properties", () => {
  test("packing, then padding, keeps what is valid and pads the rest", () => {
    fc.assert(
      fc.property(batches, ({ lengths, spare, rest, batchFirst }) => {
        const steps = Math.max(0, ...lengths) + spare;
        const shape = [...(batchFirst ? [lengths.length, steps] : [steps, lengths.length]), ...rest];
        const input = numbered(shape);
        const packed = packPaddedSequence(input, Int32Array.from(lengths), { batchFirst, enforceSorted: false });
        expect([packed.batch, packed.steps]).toEqual([lengths.length, Math.max(0, ...lengths)]);
        const [padded, counts] = padPackedSequence(packed, { batchFirst, totalLength: steps, paddingValue: -1 });
        expect(counts).toEqual(lengths);
        const width = count(rest);
        const expected = input.data.map((value, i) => {
          const row = Math.floor(i / width);
          const [b, t] = batchFirst
            ? [Math.floor(row / steps), row % steps]
            : [row % lengths.length, Math.floor(row / lengths.length)];
          return t < (lengths[b] as number) ? value : -1;
        });
        expect(plain(padded)).toEqual({ shape, data: [...expected] });
      }),
    );
  });

  test("the order is by length and stable, and the indices undo each other", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 }), (lengths) => {
        const packed = packPaddedSequence(Tensor.zeros([4, lengths.length]), lengths, { enforceSorted: false });
        const sorted = list(packed.sortedIndices) ?? [];
        const expected = [...lengths.keys()].sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b);
        expect(sorted).toEqual(expected);
        expect(sorted.map((from) => packed.unsortedIndices?.[from])).toEqual([...lengths.keys()]);
      }),
    );
  });

  test("packSequence is packPaddedSequence of padSequence, and padding gives the sequences back", () => {
    const ragged = fc.record({
      lengths: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 5 }),
      rest: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(ragged, ({ lengths, rest }) => {
        const sequences = lengths.map((length) => numbered([length, ...rest]));
        const packed = packSequence(sequences, { enforceSorted: false });
        const padded = padSequence(sequences, { paddingValue: 9 });
        const other = packPaddedSequence(padded, lengths, { enforceSorted: false });
        expect(plain(packed.data)).toEqual(plain(other.data));
        expect(packed.batchSizes).toEqual(other.batchSizes);
        const [again] = padPackedSequence(packed);
        for (const [b, sequence] of sequences.entries()) {
          expect(plain(again.select(1, b).slice(0, 0, lengths[b]))).toEqual(plain(sequence));
        }
      }),
    );
  });
});

describe("length 0, no steps, no sequences", () => {
  test("a length of 0 fills the indices, sorted or not", () => {
    const packed = packPaddedSequence(numbered([2, 3]), [2, 1, 0]);
    expect(list(packed.batchSizes)).toEqual([2, 1]);
    expect(list(packed.sortedIndices)).toEqual([0, 1, 2]);
    expect(packed.batch).toBe(3);
    expect(padPackedSequence(packed)[1]).toEqual([2, 1, 0]);
  });

  test("T = 0", () => {
    const packed = packPaddedSequence(Tensor.zeros([0, 2, 3]), [0, 0]);
    expect([packed.batch, packed.steps]).toEqual([2, 0]);
    expect(packed.data.shape).toEqual([0, 3]);
    expect(padPackedSequence(packed)[0].shape).toEqual([0, 2, 3]);
    expect(padPackedSequence(packed, { totalLength: 1, batchFirst: true })[0].shape).toEqual([2, 1, 3]);
  });

  test("B = 0", () => {
    const packed = packPaddedSequence(Tensor.zeros([4, 0, 3]), []);
    expect([packed.batch, packed.steps]).toEqual([0, 0]);
    expect(padPackedSequence(packed)).toEqual([Tensor.zeros([0, 0, 3]), []]);
  });
});

describe("refuses", () => {
  const input = Tensor.zeros([5, 2, 3]);

  test.each<[unknown, string]>([
    [[6, 1], "lengths[0] must be from 0 to the padded length 5, got 6"],
    [[2, -1], "lengths[1] must be from 0 to the padded length 5, got -1"],
    [[2.5, 1], "lengths[0] must be an integer, got 2.5"],
    [[2, Number.NaN], "lengths[1] must be an integer, got NaN"],
    [["2", 1], 'lengths[0] must be an integer, got "2"'],
    [[2n, 1n], "lengths[0] must be an integer, got 2n"],
    [[2], "Expected 2, got 1"],
    [[3, 2, 1], "Expected 2, got 3"],
    [[1, 2], "lengths must be sorted, longest first, unless enforceSorted is false; lengths[1] is 2 after 1"],
    [new BigInt64Array(2), "lengths must be an array of integers or an Int32Array, got a BigInt64Array"],
    [undefined, "got undefined"],
  ])("lengths %s", (lengths, message) => {
    expect(() => packPaddedSequence(input, lengths as number[])).toThrow(failure("LENGTHS", message));
  });

  test("input without a batch dimension", () => {
    expect(() => packPaddedSequence([1, 2, 3], [3])).toThrow(failure("SHAPE_MISMATCH", "input must have a sequence"));
    expect(() => packPaddedSequence(null as never, [3])).toThrow(failure("DTYPE", "input must be a Tensor"));
  });

  test.each<[unknown, string]>([
    [{ batchFirst: "yes" }, 'batchFirst must be true or false, got "yes"'],
    [{ batchFirst: null }, "batchFirst must be true or false, got null"],
    [{ enforceSorted: 0 }, "enforceSorted must be true or false, got 0"],
    [{ batch_first: true }, "did you mean batchFirst?"],
    [true, "got true"],
  ])("options %j when packing", (options, message) => {
    expect(() => packPaddedSequence(input, [2, 1], options as object)).toThrow(failure("OPTION", message));
  });

  test.each<[unknown, string]>([
    [{ batchFirst: 1 }, "batchFirst must be true or false, got 1"],
    [{ paddingValue: "0" }, 'paddingValue must be a number, got "0"'],
    [{ totalLength: 1 }, "totalLength must be an integer of at least the longest length 2, got 1"],
    [{ totalLength: 2.5 }, "totalLength must be an integer"],
    [{ total_length: 2 }, "did you mean totalLength?"],
    [null, "got null"],
  ])("options %j when padding", (options, message) => {
    const packed = packPaddedSequence(input, [2, 1]);
    expect(() => padPackedSequence(packed, options as object)).toThrow(failure("OPTION", message));
  });

  test("what is not a PackedSequence", () => {
    expect(() => padPackedSequence(input as never)).toThrow(
      failure("SHAPE_MISMATCH", "packed must be a PackedSequence"),
    );
  });

  test("sequences that do not go together", () => {
    const shape = "sequences[1] must be of shape [length, 2], as sequences[0], got [1, 3]";
    expect(() => padSequence([[[1, 2]], [[1, 2, 3]]])).toThrow(failure("SHAPE_MISMATCH", shape));
    expect(() => packSequence([])).toThrow(failure("SHAPE_MISMATCH", "at least one tensor, got []"));
    expect(() => padSequence([[1], ["2"] as never])).toThrow(failure("DTYPE", "sequences[1][0] must be a number"));
    expect(() => packSequence([[1], [1, 2]])).toThrow(failure("LENGTHS", "lengths[1] is 2 after 1"));
  });
});

describe("new PackedSequence", () => {
  const data = numbered([3, 2]);

  test("keeps arrays, and works out the inverse", () => {
    const batchSizes = Int32Array.of(2, 1);
    const sortedIndices = Int32Array.of(2, 0, 1);
    const packed = new PackedSequence(data, batchSizes, sortedIndices);
    expect(packed.data).toBe(data);
    expect(packed.batchSizes).toBe(batchSizes);
    expect(packed.sortedIndices).toBe(sortedIndices);
    expect(list(packed.unsortedIndices)).toEqual([1, 2, 0]);
    expect([packed.batch, packed.steps]).toEqual([3, 2]);
    expect(new PackedSequence(data, batchSizes, sortedIndices, packed.unsortedIndices).batch).toBe(3);
  });

  test.each<[string, unknown, unknown, unknown, ReturnType<typeof failure>]>([
    [
      "growing batch sizes",
      [1, 2],
      null,
      null,
      failure("LENGTHS", "batchSizes must be positive and never grow, got 2 at step 1"),
    ],
    ["a batch size of 0", [3, 0], null, null, failure("LENGTHS", "got 0 at step 1")],
    ["a wrong sum", [2, 2], null, null, failure("SHAPE_MISMATCH", "Expected 4, got shape [3, 2]")],
    ["an index twice", [2, 1], [0, 0], null, failure("LENGTHS", "sortedIndices must hold each of 0 to 1 once")],
    ["an index out of range", [2, 1], [0, 2], null, failure("LENGTHS", "sortedIndices must hold each")],
    [
      "too few indices",
      [2, 1],
      [0],
      null,
      failure("LENGTHS", "sortedIndices must have an entry for each of 2 sequences, got 1"),
    ],
    ["another inverse", [2, 1], [2, 0, 1], [2, 0, 1], failure("LENGTHS", "unsortedIndices must be the inverse")],
    ["an inverse of nothing", [2, 1], null, [0, 1], failure("LENGTHS", "unsortedIndices must be the inverse")],
  ])("refuses %s", (_, batchSizes, sorted, unsorted, error) => {
    expect(() => new PackedSequence(data, batchSizes as number[], sorted as number[], unsorted as number[])).toThrow(
      error,
    );
  });
});
