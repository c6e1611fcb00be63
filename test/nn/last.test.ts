import { LSTM, PackedSequence, packSequence, padPackedSequence, Tensor } from "lstm-wasm";
import { cat, Last } from "lstm-wasm/nn";
import { describe, expect, it } from "vitest";
import { bits } from "../support/refusal.js";

const sequences = (lengths: readonly number[]) =>
  lengths.map((length) => Tensor.randn([length, 3], { seed: length + 1 }));
const unsorted = (lengths: readonly number[]) => packSequence(sequences(lengths), { enforceSorted: false });

describe("Last is the last state of the LSTM below, to the bit", () => {
  const inputs: [string, Tensor | PackedSequence, boolean][] = [
    ["(seq, batch, input)", Tensor.randn([5, 4, 3], { seed: 1 }), false],
    ["(batch, seq, input)", Tensor.randn([5, 4, 3], { seed: 1 }), true],
    ["(seq, input)", Tensor.randn([5, 3], { seed: 1 }), false],
    ["(seq, input) of a batchFirst LSTM", Tensor.randn([5, 3], { seed: 1 }), true],
    ["one step", Tensor.randn([1, 2, 3], { seed: 1 }), false],
    ["no sequences", Tensor.zeros([4, 0, 3]), false],
    ["packed, sorted", packSequence(sequences([5, 4, 4, 1])), false],
    ["packed, unsorted", unsorted([2, 5, 1, 5]), false],
    ["packed, with lengths 0", unsorted([2, 0, 5, 0, 1]), false],
    ["packed, all of length 0", unsorted([0, 0]), false],
  ];
  for (const bidirectional of [false, true]) {
    it.each(inputs)(`%s, bidirectional ${bidirectional}`, (_, input, batchFirst) => {
      const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 2, batchFirst, bidirectional, seed: 7 });
      const [output, [hn]] = lstm.forward(input as Tensor);
      const last = new Last({ batchFirst, bidirectional }).forward(output);
      const top = (index: number) => hn.select(0, index);
      const dim = input instanceof Tensor && input.shape.length === 2 ? 0 : 1;
      expect(bits(last)).toEqual(bits(bidirectional ? cat([top(-2), top(-1)], dim) : top(-1)));
      expect(last.shape).toEqual([...top(-1).shape.slice(0, -1), bidirectional ? 8 : 4]);
    });
  }
});

describe("Last.backward", () => {
  /** All entries that Last reads get what is given for them, all others 0. */
  it("gives each last step its gradient, and the others 0", () => {
    const input = new Tensor(
      Float32Array.from({ length: 12 }, (_, i) => i),
      [3, 2, 2],
    );
    const last = new Last().train();
    expect(last.forward(input).data).toEqual(Float32Array.of(8, 9, 10, 11));
    expect([...(last.backward(new Tensor([1, 2, 3, 4], [2, 2])).data as Float32Array)]).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4,
    ]);
    const both = new Last({ batchFirst: true, bidirectional: true }).train();
    expect(both.forward(input).toArray()).toEqual([
      [2, 1],
      [6, 5],
      [10, 9],
    ]);
    const gradient = both.backward(new Tensor([1, 2, 3, 4, 5, 6], [3, 2])) as Tensor;
    expect([...gradient.data]).toEqual([0, 2, 1, 0, 0, 4, 3, 0, 0, 6, 5, 0]);
  });

  it.each([false, true])("of a packed batch is packed, bidirectional %s", (bidirectional) => {
    const lengths = [2, 0, 4, 1, 4];
    const packed = unsorted(lengths);
    const wide = new PackedSequence(Tensor.randn([11, 4], { seed: 2 }), packed.batchSizes, packed.sortedIndices);
    const last = new Last({ bidirectional }).train();
    const output = last.forward(wide);
    const gradOutput = Tensor.randn(output.shape, { seed: 3 });
    // Whatever becomes of the caller's arrays until then.
    const { batchSizes, sortedIndices } = wide;
    const [sizes, order] = [batchSizes.slice(), sortedIndices?.slice()];
    batchSizes.fill(0);
    sortedIndices?.fill(0);
    const gradient = last.backward(gradOutput) as PackedSequence;
    expect([gradient.batchSizes, gradient.sortedIndices]).toEqual([sizes, order]);
    const [rows] = padPackedSequence(gradient, { batchFirst: true });
    const expected = Tensor.zeros(rows.shape); // (batch, seq, columns)
    const at = (b: number, t: number, column: number) => (b * (rows.shape[1] as number) + t) * 4 + column;
    for (const [b, length] of lengths.entries()) {
      for (let column = 0; length > 0 && column < 4; column++) {
        const t = bidirectional && column >= 2 ? 0 : length - 1;
        expected.data[at(b, t, column)] = gradOutput.data[4 * b + column] as number;
      }
    }
    expect(bits(rows)).toEqual(bits(expected));
  });

  it("leads an LSTM's own gradients to where gradHn leads them", () => {
    for (const bidirectional of [false, true]) {
      const options = { inputSize: 3, hiddenSize: 4, bidirectional, seed: 7 };
      const [through, direct] = [new LSTM(options).train(), new LSTM(options).train()];
      const last = new Last({ bidirectional }).train();
      const input = unsorted([2, 5, 3]);
      const [output] = through.forward(input);
      const gradOutput = Tensor.randn(last.forward(output).shape, { seed: 3 });
      const own = through.backward(last.backward(gradOutput) as PackedSequence).input;
      direct.forward(input);
      const gradHn = cat(
        (bidirectional ? [0, 4] : [0]).map((from) => gradOutput.slice(1, from, from + 4).reshape([1, 3, 4])),
      );
      const wanted = direct.backward(null, [gradHn, undefined]).input as PackedSequence;
      for (const [i, value] of wanted.data.data.entries()) expect(own.data.data[i]).toBeCloseTo(value, 6);
    }
  });

  it("of no steps is zeros", () => {
    const last = new Last().train();
    expect(last.forward(Tensor.zeros([0, 2, 3]))).toEqual(Tensor.zeros([2, 3]));
    expect(last.backward(Tensor.zeros([2, 3]))).toEqual(Tensor.zeros([0, 2, 3]));
  });
});
