import { spawnSync } from "node:child_process";
import { runInNewContext } from "node:vm";
import {
  LSTM,
  LSTMCell,
  LSTMError,
  PackedSequence,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  Tensor,
  type TensorInput,
} from "lstm-wasm";
import { describe, expect, onTestFinished, test } from "vitest";
import { realm } from "./support/realm.js";
import { bits, expectRefusal, refuses, thrown, wave } from "./support/refusal.js";

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
type Wrong = any;

/** (seq 4, batch 2, input 3) into (2 layers * 2 directions, 4 units, 2 of them projected). */
const OPTIONS = { inputSize: 3, hiddenSize: 4, numLayers: 2, bidirectional: true, projSize: 2, seed: 3 } as const;
const X = new Tensor(wave(24), [4, 2, 3]);
const H0 = new Tensor(wave(16, 1), [4, 2, 2]);
const C0 = new Tensor(wave(32, 2), [4, 2, 4]);

const answer = (lstm: LSTM) => {
  // With batchFirst, two sequences of four steps are four of two; the state does not care how many steps there are.
  const input = lstm.batchFirst ? new Tensor(X.data, [2, 4, 3]) : X;
  const [output, [hn, cn]] = lstm.forward(input, [H0, C0]);
  return bits(output, hn, cn);
};

/** An LSTM that must give the same bits at the end of the test as at its beginning. */
function sturdy(options: { batchFirst?: boolean } = {}): LSTM {
  const lstm = new LSTM({ ...OPTIONS, ...options });
  const before = answer(lstm);
  onTestFinished(() => {
    expect(answer(lstm)).toEqual(before);
    lstm.dispose();
  });
  return lstm;
}

test("an LSTMError is an Error with a stable name and code", () => {
  const error = thrown(() => new LSTM({ inputSize: 0, hiddenSize: 1 }));
  expect(error).toBeInstanceOf(LSTMError);
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toMatch(/^LSTMError: inputSize/);
  expect((error as Error).stack).toContain("LSTMError");
});

describe("the input of forward", () => {
  test.each<[string, Wrong, string]>([
    ["1-D", Tensor.zeros([3]), "got 1-D of shape [3]"],
    ["4-D", Tensor.zeros([1, 1, 1, 3]), "got 4-D of shape [1, 1, 1, 3]"],
    ["without dimensions", new Tensor([1], []), "got 0-D of shape []"],
    ["a bare Float32Array", new Float32Array(3), "got 1-D of shape [3]"],
    ["an empty array", [], "got 1-D of shape [0]"],
    ["a flat array", [1, 2, 3], "got 1-D of shape [3]"],
  ])("%s has a wrong rank", (_, input, got) => {
    refuses(() => sturdy().forward(input), "SHAPE_MISMATCH", "input: expected 2-D (unbatched) or 3-D", got);
  });

  test.each<[string, Wrong]>([
    ["[4, 2, 7]", Tensor.zeros([4, 2, 7])],
    ["[4, 7]", Tensor.zeros([4, 7])],
    ["[3, 4, 2]", Tensor.zeros([3, 4, 2])],
    ["[4, 2, 0]", Tensor.zeros([4, 2, 0])],
    ["[1, 0]", [[]]],
  ])("%s has a wrong last dimension", (shape, input) => {
    const got = shape.slice(shape.lastIndexOf(",") + 2, -1);
    refuses(() => sturdy().forward(input), "SHAPE_MISMATCH", "input", "inputSize", "Expected 3", `got ${got}`, shape);
  });

  test.each<[string, Wrong, string, string]>([
    ["undefined", undefined, "input", "undefined"],
    ["null", null, "input", "null"],
    ["a number", 3, "input", "3"],
    ["a string", "hello", "input", '"hello"'],
    ["a function", () => X, "input", "a function"],
    ["an object without data", { shape: [1, 3] }, "input", "an Object"],
    ["a Float64Array", new Float64Array(3), "input", "new Float32Array(input)"],
    ["float64 data", { data: new Float64Array(6), shape: [2, 3] }, "input.data", "Float64Array"],
    ["int32 data", { data: new Int32Array(6), shape: [2, 3] }, "input.data", "new Float32Array(input.data)"],
    ["uint8 data", { data: new Uint8Array(6), dims: [2, 3] }, "input.data", "Uint8Array"],
    [
      "bigint data",
      { data: new BigInt64Array(6), shape: [2, 3] },
      "input.data",
      "Float32Array.from(input.data, Number)",
    ],
    ["a string in an array as data", { data: [1, "2", 3], shape: [1, 3] }, "input.data[1]", '"2"'],
    ["an ArrayBuffer as data", { data: new ArrayBuffer(12), shape: [1, 3] }, "input.data", "an ArrayBuffer"],
    ["a DataView", new DataView(new ArrayBuffer(12)), "input", "a DataView"],
    ["bigints in arrays", [[1n, 2n, 3n]], "input[0][0]", "1n"],
    ["strings in arrays", [["1", "2", "3"]], "input[0][0]", '"1"'],
    ["null in arrays", [[1, null, 3]], "input[0][1]", "null"],
    ["holes in arrays", [Object.assign([1], { 2: 3 })], "input[0][1]", "undefined"],
    ["rows of float64", [new Float64Array(3)], "input[0]", "Float64Array"],
  ])("%s is not float32", (_, input, ...parts) => {
    refuses(() => sturdy().forward(input), "DTYPE", ...parts);
  });

  test.each<[string, Wrong, string]>([
    [
      "[[1, 2, 3], [1, 2]]",
      [
        [1, 2, 3],
        [1, 2],
      ],
      "input[1] must be an array of 3",
    ],
    [
      "[[1, 2], [1, 2, 3]]",
      [
        [1, 2],
        [1, 2, 3],
      ],
      "input[1] must be an array of 2",
    ],
    ["[[1, 2, 3], 4]", [[1, 2, 3], 4], "input[1] must be an array of 3"],
    ["[1, [1, 2, 3]]", [1, [1, 2, 3]], "input[1] must be a number"],
    ["[[[1]], [[1], [2]]]", [[[1]], [[1], [2]]], "input[1] must be an array of 1"],
  ])("%s is ragged", (_, input, part) => {
    refuses(() => sturdy().forward(input), "SHAPE_MISMATCH", part, "got ");
  });

  test.each<[string, Wrong, string[]]>([
    ["too few", { data: new Float32Array(5), shape: [2, 3] }, ["input.shape [2, 3]", "6", "5"]],
    ["too many", { data: new Float32Array(7), dims: [2, 3] }, ["input.dims [2, 3]", "6", "7"]],
    ["no shape", { data: new Float32Array(6) }, ["input.shape", "undefined"]],
    ["negative", { data: new Float32Array(6), shape: [-2, -3] }, ["input.shape", "[-2, -3]"]],
    ["fractional", { data: new Float32Array(6), shape: [1.5, 4] }, ["input.shape", "[1.5, 4]"]],
    ["NaN", { data: new Float32Array(0), shape: [Number.NaN, 3] }, ["input.shape", "[NaN, 3]"]],
    ["bigint dims", { data: new Float32Array(6), dims: [2n, 3n] }, ["input.dims", "[2n, 3n]"]],
    ["a string", { data: new Float32Array(6), shape: "2,3" }, ["input.shape", '"2,3"']],
  ])("values and shape disagree: %s", (_, input, parts) => {
    refuses(() => sturdy().forward(input), "SHAPE_MISMATCH", ...parts);
  });

  test("a tensor whose buffer went to a worker says so", () => {
    const input = Tensor.zeros([2, 3]);
    structuredClone(input.data, { transfer: [input.data.buffer as ArrayBuffer] });
    refuses(() => sturdy().forward(input), "SHAPE_MISMATCH", "input", "transferred");
  });

  test("an array that holds itself is refused, not followed until memory is gone", () => {
    // In a process of its own, because nobody could end this one's loop.
    const dist = new URL("../dist/index.js", import.meta.url);
    const code = `const { Tensor } = await import(${JSON.stringify(dist)}); const a = []; a.push(a);
      try { new Tensor(a); } catch (error) { console.log(error.name); }`;
    const flags = ["--max-old-space-size=64", "--input-type=module", "--eval", code];
    const { stdout } = spawnSync(process.execPath, flags, { encoding: "utf8", timeout: 10_000 });
    expect(stdout.trim()).toBe("LSTMError");
  });

  test("{ data, shape }, { data, dims }, nested arrays and another realm's tensors are all the same input", () => {
    const lstm = sturdy();
    const data = X.data;
    const foreign = runInNewContext("({ data: Float32Array.from(values), dims: [4, 2, 3] })", { values: [...data] });
    const inputs: TensorInput[] = [
      { data, shape: [4, 2, 3] },
      { data, dims: [4, 2, 3] },
      // As onnxruntime-web's: more properties, and dims from a getter.
      Object.create(
        {
          get dims() {
            return [4, 2, 3];
          },
        },
        { data: { value: data }, type: { value: "float32" } },
      ),
      X.toArray() as number[][][],
      runInNewContext(`(${JSON.stringify(X.toArray())})`),
      foreign,
      { data: new Float32Array(new SharedArrayBuffer(96)).map((_, index) => data[index] as number), shape: [4, 2, 3] },
    ];
    const expected = answer(lstm);
    for (const input of inputs) {
      const [output, [hn, cn]] = lstm.forward(input, [H0, C0]);
      expect(bits(output, hn, cn)).toEqual(expected);
    }
  });

  test("NaN and Infinity go through and are gone at the next call", () => {
    const lstm = sturdy();
    const extremes = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4e38, -3.4e38, 1e-45, -0];
    for (const value of extremes) {
      const [output, [hn, cn]] = lstm.forward(new Tensor(new Float32Array(24).fill(value), [4, 2, 3]));
      expect([output.shape, hn.shape, cn.shape]).toEqual([
        [4, 2, 4],
        [4, 2, 2],
        [4, 2, 4],
      ]);
      if (Number.isNaN(value)) expect([...output.data].every(Number.isNaN)).toBe(true);
    }
    const state = [Number.NaN, Number.POSITIVE_INFINITY].map((v) => Tensor.zeros([4, 2, 4]).data.fill(v));
    for (const data of state) lstm.forward(X, [H0, { data, shape: [4, 2, 4] }]);
  });

  test("a NaN stays in its own sequence of the batch", () => {
    const lstm = sturdy();
    const poisoned = X.data.slice();
    for (let t = 0; t < 4; t++) poisoned.fill(Number.NaN, t * 6 + 3, t * 6 + 6);
    const [clean] = lstm.forward(X, [H0, C0]);
    const [output] = lstm.forward({ data: poisoned, shape: [4, 2, 3] }, [H0, C0]);
    expect(bits(output.select(1, 0))).toEqual(bits(clean.select(1, 0)));
    expect([...output.select(1, 1).data].every(Number.isNaN)).toBe(true);
  });
});

describe("the state of forward", () => {
  test.each<[string, Wrong, string]>([
    ["[h0, undefined]", [H0, undefined], "[a Tensor, undefined]"],
    ["[undefined, c0]", [undefined, C0], "[undefined, a Tensor]"],
    ["[h0, null]", [H0, null], "[a Tensor, null]"],
    ["[h0]", [H0], "[a Tensor]"],
    ["[]", [], "[]"],
    ["three of them", [H0, C0, C0], "[a Tensor, a Tensor, a Tensor]"],
    ["{ h, c }", { h: H0, c: C0 }, "an Object"],
    ["h0 alone", H0, "a Tensor"],
    ["a string", "zeros", '"zeros"'],
    ["false", false, "false"],
    ["0", 0, "0"],
    ["a Float32Array", new Float32Array(2), "Float32Array"],
  ])("%s is neither both nor none", (_, state, got) => {
    refuses(
      () => sturdy().forward(X, state),
      "STATE",
      "[h0, c0]",
      "both or neither",
      `got ${got.startsWith("F") ? "a " : ""}${got}`,
    );
  });

  test.each<[string, Wrong, Wrong, string[]]>([
    ["h0 with H columns", C0, C0, ["h0", "[4, 2, 2]", "got [4, 2, 4]"]],
    ["c0 with H_out columns", H0, H0, ["c0", "[4, 2, 4]", "got [4, 2, 2]"]],
    ["h0 of one direction", Tensor.zeros([2, 2, 2]), C0, ["h0", "[4, 2, 2]", "got [2, 2, 2]"]],
    ["c0 of another batch", H0, Tensor.zeros([4, 3, 4]), ["c0", "[4, 2, 4]", "got [4, 3, 4]"]],
    ["h0 without a batch", Tensor.zeros([4, 2]), C0, ["h0", "[4, 2, 2]", "got [4, 2]"]],
    ["h0 batch first", Tensor.zeros([2, 4, 2]), C0, ["h0", "[4, 2, 2]", "got [2, 4, 2]"]],
    ["c0 flat", H0, new Float32Array(32), ["c0", "[4, 2, 4]", "got [32]"]],
    ["h0 of no dimension", new Tensor([1], []), C0, ["h0", "got []"]],
  ])("%s has a wrong shape", (_, h0, c0, parts) => {
    refuses(() => sturdy().forward(X, [h0, c0]), "SHAPE_MISMATCH", ...parts);
  });

  test("wrong values name the state", () => {
    refuses(() => sturdy().forward(X, [H0, new Float64Array(32) as Wrong]), "DTYPE", "c0", "Float64Array");
    refuses(() => sturdy().forward(X, ["h", C0] as Wrong), "DTYPE", "h0", '"h"');
  });

  test("unbatched input wants unbatched state, and batched batched", () => {
    const one = Tensor.zeros([4, 3]);
    refuses(() => sturdy().forward(one, [H0, C0]), "SHAPE_MISMATCH", "h0", "[4, 2]", "got [4, 2, 2]");
    refuses(
      () => sturdy().forward(one, [Tensor.zeros([4, 1, 2]), Tensor.zeros([4, 1, 4])]),
      "SHAPE_MISMATCH",
      "h0",
      "[4, 2]",
    );
    refuses(
      () => sturdy().forward(X, [Tensor.zeros([4, 2]), Tensor.zeros([4, 4])]),
      "SHAPE_MISMATCH",
      "h0",
      "[4, 2, 2]",
    );
    const packed = packSequence([Tensor.zeros([4, 3])]);
    refuses(
      () => sturdy().forward(packed, [Tensor.zeros([4, 2]), Tensor.zeros([4, 4])]),
      "SHAPE_MISMATCH",
      "h0",
      "[4, 1, 2]",
    );
  });

  test("batchFirst never applies to it", () => {
    const lstm = sturdy({ batchFirst: true });
    const input = Tensor.zeros([2, 5, 3]);
    refuses(
      () => lstm.forward(input, [Tensor.zeros([2, 4, 2]), Tensor.zeros([2, 4, 4])]),
      "SHAPE_MISMATCH",
      "h0",
      "[4, 2, 2]",
    );
    const [output, [hn, cn]] = lstm.forward(input, [H0, C0]);
    expect([output.shape, hn.shape, cn.shape]).toEqual([
      [2, 5, 4],
      [4, 2, 2],
      [4, 2, 4],
    ]);
  });

  test("null and undefined are zeros", () => {
    const lstm = sturdy();
    const zeros = lstm.forward(X, [Tensor.zeros([4, 2, 2]), Tensor.zeros([4, 2, 4])]);
    for (const none of [undefined, null]) expect(bits(lstm.forward(X, none)[0])).toEqual(bits(zeros[0]));
  });

  test("h and c of an earlier call, as they are, go in again", () => {
    const lstm = sturdy();
    const [first, state] = lstm.forward(X);
    expect(bits(lstm.forward(X, state)[0])).not.toEqual(bits(first));
  });
});

describe("packed input", () => {
  const sequences = [Tensor.zeros([2, 3]), Tensor.zeros([4, 3])];

  test("with wrong columns", () => {
    const packed = packSequence([Tensor.zeros([2, 7])]);
    refuses(() => sturdy().forward(packed), "SHAPE_MISMATCH", "input.data", "Expected 3", "got 7", "[2, 7]");
  });

  test("with three dimensions is refused: its values would run past the room made for them", () => {
    // In a realm of its own, because this once overwrote the weights of other LSTMs.
    const lib = realm().load();
    const lstm = new lib.LSTM(OPTIONS);
    lstm.forward(Tensor.zeros([1, 1, 3]));
    const others = Array.from({ length: 20 }, (_, seed) => new lib.LSTM({ ...OPTIONS, seed }));
    const weights = () => others.map((other) => bits(...other.parameters().map(({ data }) => data)));
    const before = weights();
    const deep = new lib.PackedSequence({ data: new Float32Array(3000).fill(7), shape: [1, 1000, 3] }, [1]);
    let error: unknown;
    try {
      lstm.forward(deep);
    } catch (caught) {
      error = caught;
    }
    expect(weights()).toEqual(before);
    expectRefusal(error, "SHAPE_MISMATCH", "input.data", "[1, 1000, 3]");
  });

  test("with one dimension is refused: it has fewer values than rows * inputSize", () => {
    const flat = new PackedSequence(Tensor.zeros([3]), [2, 1]);
    refuses(() => sturdy().forward(flat), "SHAPE_MISMATCH", "input.data", "[3]");
  });

  test("lengths that do not fit", () => {
    const pack =
      (lengths: Wrong, options = {}) =>
      () =>
        packPaddedSequence(Tensor.zeros([4, 2, 3]), lengths, options);
    refuses(pack([5, 1]), "LENGTHS", "lengths[0]", "4", "got 5");
    refuses(pack([1, -1]), "LENGTHS", "lengths[1]", "got -1");
    refuses(pack([1]), "LENGTHS", "Expected 2", "got 1");
    refuses(pack([1.5, 1]), "LENGTHS", "lengths[0]", "1.5");
    refuses(pack([Number.NaN, 1]), "LENGTHS", "lengths[0]", "NaN");
    refuses(pack([1, 2]), "LENGTHS", "enforceSorted");
    refuses(pack("12"), "LENGTHS", "lengths", '"12"');
    refuses(pack([2, 1], { enforce_sorted: false }), "OPTION", "enforceSorted");
  });

  test("batch sizes changed behind its back are refused, not run", () => {
    const lstm = sturdy();
    const packed = packSequence(sequences, { enforceSorted: false });
    const out = lstm.forward(packed);
    const before = bits(out[0].data, ...out[1]);
    packed.batchSizes.set([1, 2, 2, 1]); // the sum is right, the order is not
    refuses(() => lstm.forward(packed), "LENGTHS");
    packed.batchSizes.set([100, 1, 1, 1]);
    expect(thrown(() => lstm.forward(packed))).toMatchObject({ name: "LSTMError" });
    refuses(() => lstm.forward(packed, undefined, { out }), "SHAPE_MISMATCH", "sum of batchSizes");
    expect(bits(out[0].data, ...out[1])).toEqual(before);
  });

  test("batch sizes that went to a worker are refused, not run", () => {
    const lstm = sturdy();
    const packed = packSequence([Tensor.zeros([2, 3])]);
    structuredClone(packed.batchSizes, { transfer: [packed.batchSizes.buffer as ArrayBuffer] });
    const error = thrown(() => lstm.forward(packed));
    expect(error).toMatchObject({ name: "LSTMError" });
  });

  test("sorted indices changed behind its back do not turn h0 into NaN", () => {
    const lstm = sturdy();
    const packed = packSequence(sequences, { enforceSorted: false });
    packed.sortedIndices?.set([9, -1]);
    refuses(() => lstm.forward(packed, [H0, C0]), "LENGTHS");
  });
});

describe("options of forward", () => {
  test.each<[Wrong, string]>([
    [{ batchFirst: true }, "unknown option batchFirst"],
    [{ Out: undefined }, "did you mean out?"],
    [null, "got null"],
    [[], "got []"],
    [3, "got 3"],
  ])("%o are refused", (options, part) => {
    refuses(() => sturdy().forward(X, undefined, options), "OPTION", "forward", part);
  });

  const [output, hn, cn] = [Tensor.zeros([4, 2, 4]), Tensor.zeros([4, 2, 2]), Tensor.zeros([4, 2, 4])];
  const like = { data: new Float32Array(32), shape: [4, 2, 4] };
  const packed = new PackedSequence(Tensor.zeros([8, 4]), [2, 2, 2, 2]);
  test.each<[string, Wrong]>([
    ["null", null],
    ["a tensor", output],
    ["[]", []],
    ["without the state", [output]],
    ["without cn", [output, [hn]]],
    ["not nested", [output, hn, cn]],
    ["not a Tensor", [like, [hn, cn]]],
    ["packed for what is not", [packed, [hn, cn]]],
    ["a string", "output"],
  ])("an out that is %s is refused", (_, out) => {
    refuses(() => sturdy().forward(X, undefined, { out }), "OPTION", "out must be [output, [hn, cn]]");
  });

  test("an out that is not packed is refused for packed input", () => {
    const input = new PackedSequence(Tensor.zeros([8, 3]), [2, 2, 2, 2]);
    refuses(() => sturdy().forward(input, undefined, { out: [output, [hn, cn]] as Wrong }), "OPTION", "out");
  });

  test.each<[string, Wrong, string[]]>([
    ["output", [Tensor.zeros([2, 4, 4]), [hn, cn]], ["out[0]", "[4, 2, 4]", "got [2, 4, 4]"]],
    ["output of no batch", [Tensor.zeros([8, 4]), [hn, cn]], ["out[0]", "[4, 2, 4]", "got [8, 4]"]],
    ["hn", [output, [cn, cn]], ["out[1][0]", "[4, 2, 2]", "got [4, 2, 4]"]],
    ["cn", [output, [hn, hn]], ["out[1][1]", "[4, 2, 4]", "got [4, 2, 2]"]],
  ])("an out with a misshapen %s is refused and not written", (_, out, parts) => {
    refuses(() => sturdy().forward(X, undefined, { out }), "SHAPE_MISMATCH", ...parts);
    for (const tensor of [out[0], ...out[1]]) expect(tensor.data.every((value: number) => value === 0)).toBe(true);
  });

  test("an out whose buffer went to a worker is refused, not left empty", () => {
    const lstm = sturdy();
    const out = lstm.forward(X);
    structuredClone(out[0].data, { transfer: [out[0].data.buffer as ArrayBuffer] });
    refuses(() => lstm.forward(X, undefined, { out }), "SHAPE_MISMATCH", "out[0]");
  });

  test("an out of other lengths with as many rows is refused: its batchSizes would be another batch's", () => {
    const lstm = sturdy();
    const out = lstm.forward(packSequence([Tensor.zeros([3, 3]), Tensor.zeros([1, 3])]));
    const other = packSequence([Tensor.zeros([2, 3]), Tensor.zeros([2, 3])]);
    const error = thrown(() => lstm.forward(other, undefined, { out }));
    expect(error).toMatchObject({ name: "LSTMError" });
  });

  test("an out in another order is refused: it would be unpacked into the wrong sequences", () => {
    const lstm = sturdy();
    const [long, short] = [Tensor.zeros([3, 3]), Tensor.zeros([1, 3])];
    const out = lstm.forward(packSequence([long, short], { enforceSorted: false }));
    const other = packSequence([short, long], { enforceSorted: false });
    const error = thrown(() => lstm.forward(other, undefined, { out }));
    expect(error).toMatchObject({ name: "LSTMError" });
  });
});

describe("nothing to do", () => {
  const lstm = new LSTM(OPTIONS);

  test("T = 0 gives no output and passes the state through", () => {
    const [output, [hn, cn]] = lstm.forward(Tensor.zeros([0, 2, 3]), [H0, C0]);
    expect(output.shape).toEqual([0, 2, 4]);
    expect(bits(hn, cn)).toEqual(bits(H0, C0));
    const zeros = lstm.forward(Tensor.zeros([0, 2, 3]))[1];
    expect(zeros.every(({ data }) => data.every((value) => value === 0))).toBe(true);
  });

  test("B = 0 gives no output and no state", () => {
    const [output, [hn, cn]] = lstm.forward(Tensor.zeros([4, 0, 3]), [
      Tensor.zeros([4, 0, 2]),
      Tensor.zeros([4, 0, 4]),
    ]);
    expect([output.shape, hn.shape, cn.shape]).toEqual([
      [4, 0, 4],
      [4, 0, 2],
      [4, 0, 4],
    ]);
    expect(lstm.forward(Tensor.zeros([0, 0, 3]))[0].shape).toEqual([0, 0, 4]);
  });

  test("unbatched T = 0", () => {
    const state: [Tensor, Tensor] = [H0.select(1, 0), C0.select(1, 0)];
    const [output, [hn, cn]] = lstm.forward(Tensor.zeros([0, 3]), state);
    expect(output.shape).toEqual([0, 4]);
    expect(bits(hn, cn)).toEqual(bits(...state));
  });

  test("batch first", () => {
    const first = new LSTM({ ...OPTIONS, batchFirst: true });
    expect(first.forward(Tensor.zeros([2, 0, 3]), [H0, C0])[0].shape).toEqual([2, 0, 4]);
    expect(first.forward(Tensor.zeros([0, 4, 3]))[1][0].shape).toEqual([4, 0, 2]);
    expect(first.forward(Tensor.zeros([0, 3]))[0].shape).toEqual([0, 4]);
  });

  test("packed: all lengths 0, and no sequence at all", () => {
    const empty = packPaddedSequence(Tensor.zeros([4, 2, 3]), [0, 0]);
    const [output, [hn, cn]] = lstm.forward(empty, [H0, C0]);
    expect([output.data.shape, output.batch, output.steps]).toEqual([[0, 4], 2, 0]);
    expect(bits(hn, cn)).toEqual(bits(H0, C0));
    expect(padPackedSequence(output)[0].shape).toEqual([0, 2, 4]);

    const none = new PackedSequence(Tensor.zeros([0, 3]), []);
    const [nothing, [h, c]] = lstm.forward(none);
    expect([nothing.data.shape, h.shape, c.shape]).toEqual([
      [0, 4],
      [4, 0, 2],
      [4, 0, 4],
    ]);
  });

  test("packed: one length 0 among others passes only its own state", () => {
    const packed = packPaddedSequence(X, [0, 4], { enforceSorted: false });
    const [, [hn, cn]] = lstm.forward(packed, [H0, C0]);
    const alone = lstm.forward(X.select(1, 1), [H0.select(1, 1), C0.select(1, 1)]);
    expect(bits(hn.select(1, 0), cn.select(1, 0))).toEqual(bits(H0.select(1, 0), C0.select(1, 0)));
    expect(bits(hn.select(1, 1), cn.select(1, 1))).toEqual(bits(...alone[1]));
  });

  test("out, streams and cells", () => {
    const out = lstm.forward(Tensor.zeros([0, 2, 3]));
    expect(lstm.forward(Tensor.zeros([0, 2, 3]), [H0, C0], { out })).toBe(out);
    expect(bits(...out[1])).toEqual(bits(H0, C0));
    const stream = new LSTM({ inputSize: 3, hiddenSize: 4, seed: 1 }).stream();
    stream.step(wave(3));
    const { h, c } = stream.state;
    expect(stream.run(Tensor.zeros([0, 3])).shape).toEqual([0, 4]);
    expect(stream.run(Tensor.zeros([0, 1, 3])).shape).toEqual([0, 1, 4]);
    expect(bits(stream.state.h, stream.state.c)).toEqual(bits(h, c));
    const [hn, cn] = new LSTMCell({ inputSize: 3, hiddenSize: 4 }).forward(Tensor.zeros([0, 3]));
    expect([hn.shape, cn.shape]).toEqual([
      [0, 4],
      [0, 4],
    ]);
  });
});

describe("streams and cells", () => {
  const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, projSize: 2, numLayers: 2, seed: 3 });

  test("a stream refuses what does not fit and goes on as if nothing had been", () => {
    const run = (disturb?: (stream: ReturnType<LSTM["stream"]>) => void) => {
      using stream = lstm.stream({ batchSize: 2 });
      const first = stream.step(wave(6)).slice();
      disturb?.(stream);
      return bits(first, stream.step(wave(6, 1)), stream.state.h, stream.state.c);
    };
    const disturbed = run((stream) => {
      const step = (x: Wrong) => () => stream.step(x);
      refuses(step(undefined as Wrong), "DTYPE", "x must be", "got undefined"); // step() takes what is in stream.input
      refuses(step(new Float32Array(3)), "SHAPE_MISMATCH", "x", "6", "got 3");
      refuses(step(new Float32Array(7)), "SHAPE_MISMATCH", "x", "6", "got 7");
      refuses(step(new Float64Array(6)), "DTYPE", "x", "Float64Array");
      refuses(step([1, 2, 3, 4, 5, 6]), "SHAPE_MISMATCH", "x", "[2, 3]", "[6]");
      refuses(step(null), "DTYPE", "x", "null");
      refuses(() => stream.run(Tensor.zeros([2, 3])), "SHAPE_MISMATCH", "xs", "[steps, 2, 3]", "got [2, 3]");
      refuses(() => stream.run(Tensor.zeros([5, 2, 4])), "SHAPE_MISMATCH", "xs", "got [5, 2, 4]");
      refuses(() => stream.run(new Float32Array(6)), "SHAPE_MISMATCH", "xs", "got [6]");
      refuses(() => stream.run("xs" as Wrong), "DTYPE", "xs", '"xs"');
      const set = (state: Wrong) => () => {
        stream.state = state;
      };
      const { h, c } = stream.state;
      refuses(set({ h, c: h }), "SHAPE_MISMATCH", "state.c", "[2, 2, 4]", "got [2, 2, 2]");
      refuses(set({ h: c, c }), "SHAPE_MISMATCH", "state.h", "[2, 2, 2]", "got [2, 2, 4]");
      refuses(set({ h }), "DTYPE", "state.c", "undefined");
      refuses(set({ h, c, o: h }), "OPTION", "unknown option o");
      refuses(set([h, c]), "OPTION", "state");
      refuses(set(null), "OPTION", "state", "null");
    });
    expect(disturbed).toEqual(run());
  });

  test("a stream takes another realm's Float32Array", () => {
    using stream = lstm.stream();
    const expected = bits(stream.step(new Float32Array([1, 2, 3])));
    stream.reset();
    expect(bits(stream.step(runInNewContext("new Float32Array([1, 2, 3])")))).toEqual(expected);
  });

  test("a cell refuses what does not fit and stays the same", () => {
    const cell = new LSTMCell({ inputSize: 3, hiddenSize: 4, seed: 3 });
    const expected = bits(...cell.forward([1, 2, 3]));
    const call = (input: Wrong, state?: Wrong) => () => cell.forward(input, state);
    const [h, c] = cell.forward([1, 2, 3]);
    refuses(call([1, 2]), "SHAPE_MISMATCH", "input", "Expected 3, got 2 in shape [2]");
    refuses(call([[[1, 2, 3]]]), "SHAPE_MISMATCH", "input: expected 1-D (unbatched) or 2-D", "of shape [1, 1, 3]");
    refuses(call("123"), "DTYPE", "input", '"123"');
    refuses(call([1, 2, 3], [h]), "STATE", "[h, c]");
    refuses(call([1, 2, 3], [h, undefined]), "STATE", "[h, c]", "undefined");
    refuses(call([1, 2, 3], h), "STATE", "[h, c]");
    refuses(call([[1, 2, 3]], [h, c]), "SHAPE_MISMATCH", "h", "[1, 4]", "got [4]");
    refuses(call([1, 2, 3], [h, [1, 2]]), "SHAPE_MISMATCH", "c", "[4]", "got [2]");
    expect(bits(...cell.forward([1, 2, 3]))).toEqual(expected);
  });
});

describe("more than 4 GiB", () => {
  /** At once, and naming what was asked for; one second is generous for a test that allocates nothing. */
  const tooMuch = (action: () => unknown, ...parts: string[]) => {
    const start = performance.now();
    refuses(action, "OUT_OF_MEMORY", "GiB", ...parts);
    expect(performance.now() - start).toBeLessThan(1000);
  };

  test.each<[string, object]>([
    ["hiddenSize 65536", { hiddenSize: 65536 }],
    ["hiddenSize 2^31 - 1", { hiddenSize: 2 ** 31 - 1 }],
    ["inputSize 2^31 - 1", { inputSize: 2 ** 31 - 1 }],
    ["inputSize 2^30 with hiddenSize 1", { inputSize: 2 ** 30, hiddenSize: 1 }],
    ["hiddenSize 2^29 with projSize 1", { inputSize: 1, hiddenSize: 2 ** 29, projSize: 1 }],
    ["numLayers 65535", { numLayers: 65_535, hiddenSize: 100, bidirectional: true }],
    [
      "everything",
      {
        inputSize: 2 ** 31 - 1,
        hiddenSize: 2 ** 31 - 1,
        numLayers: 65_535,
        projSize: 2 ** 31 - 2,
        bidirectional: true,
      },
    ],
  ])("new LSTM with %s", (_, options) => {
    tooMuch(() => new LSTM({ inputSize: 3, hiddenSize: 4, ...options }), "an LSTM of these sizes");
  });

  test("new LSTMCell", () => {
    tooMuch(() => new LSTMCell({ inputSize: 3, hiddenSize: 65536 }), "an LSTMCell of these sizes");
  });

  test("a forward of small input and big output", () => {
    const lstm = new LSTM({ inputSize: 1, hiddenSize: 2048, projSize: 0, seed: 1 });
    const [expected] = lstm.forward([[1]]);
    const input = { data: new Float32Array(2 ** 20), shape: [2 ** 20, 1] };
    tooMuch(() => lstm.forward(input), "1048576 steps", "1 sequences");
    tooMuch(() => lstm.forward({ ...input, shape: [1, 2 ** 20, 1] }), "1048576 sequences");
    expect(bits(lstm.forward([[1]])[0])).toEqual(bits(expected));
    lstm.dispose();
  });

  test("a forward of no values and countless steps or sequences", () => {
    const nothing = new Float32Array(0);
    for (const size of [2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 52]) {
      tooMuch(() => sturdy().forward({ data: nothing, shape: [size, 0, 3] }));
      tooMuch(() => sturdy().forward({ data: nothing, shape: [0, size, 3] }));
    }
    // Steps that nobody runs need no room, sequences need a state each.
    expect(sturdy().forward({ data: nothing, shape: [2 ** 31 - 1, 0, 3] })[0].shape).toEqual([2 ** 31 - 1, 0, 4]);
    tooMuch(() => sturdy().forward({ data: nothing, shape: [0, 2 ** 31 - 1, 3] }));
  });

  test("and it says how much without an Infinity", () => {
    const error = thrown(() => sturdy().forward({ data: new Float32Array(0), shape: [2 ** 40, 0, 3] }));
    expect((error as Error).message).not.toContain("Infinity");
  });

  test.each([2 ** 30, 2 ** 31 - 1])("a stream of batchSize %d", (batchSize) => {
    const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, seed: 3 });
    const [expected] = lstm.forward([[1, 2, 3]]);
    tooMuch(() => lstm.stream({ batchSize }), `batch size ${batchSize}`);
    expect(bits(lstm.stream().step(new Float32Array([1, 2, 3])))).toEqual(bits(expected));
  });

  test("a run of a stream", () => {
    const lstm = new LSTM({ inputSize: 1, hiddenSize: 2048, seed: 3 });
    const stream = lstm.stream();
    const [expected] = lstm.forward([[1]]);
    tooMuch(() => stream.run({ data: new Float32Array(2 ** 20), shape: [2 ** 20, 1] }), "1048576 steps");
    expect(bits(stream.step(new Float32Array([1])))).toEqual(bits(expected));
    stream.dispose();
    lstm.dispose();
  });
});
