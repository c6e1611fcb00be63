import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { LSTM, LSTMCell, packPaddedSequence, padPackedSequence, Tensor } from "lstm-wasm";
import { load, loadMetadata } from "lstm-wasm/safetensors";
import { describe, expect, it } from "vitest";

// 52 random, long and wide configurations in float64 by PyTorch; test/golden/generate.py tells the format.
const file = readFileSync(new URL("golden/lstm.safetensors", import.meta.url));
const tensors = load(file);
const cases: Case[] = JSON.parse(loadMetadata(file).cases as string);
const bits: Record<string, string> = JSON.parse(readFileSync(new URL("golden/bits.json", import.meta.url), "utf8"));

interface Case {
  name: string;
  inputSize: number;
  hiddenSize: number;
  numLayers: number;
  bias: boolean;
  batchFirst: boolean;
  bidirectional: boolean;
  projSize: number;
  batch: number | null;
  seqLen: number;
  state: boolean;
  lengths: number[] | null;
}

function run(golden: Case) {
  const { name, lengths, state, batchFirst, seqLen, batch: _batch, ...options } = golden;
  const tensor = (what: string) => tensors[`${name}/${what}`] as Tensor;
  const lstm = LSTM.fromStateDict(tensors, { prefix: `${name}/param.`, batchFirst });
  const { inputSize, hiddenSize, numLayers, bias, bidirectional, projSize } = lstm;
  expect({ name, inputSize, hiddenSize, numLayers, bias, bidirectional, projSize }).toEqual({ name, ...options });
  const states = state ? ([tensor("h0"), tensor("c0")] as const) : undefined;
  const input = tensor("input");
  if (lengths === null) {
    const [output, [hn, cn]] = lstm.forward(input, states);
    return { output, hn, cn };
  }
  const packed = packPaddedSequence(input, lengths, { batchFirst, enforceSorted: false });
  const [output, [hn, cn]] = lstm.forward(packed, states);
  return { output: padPackedSequence(output, { batchFirst, totalLength: seqLen })[0], hn, cn };
}

describe("the golden cases", () => {
  it("are 52", () => expect(cases).toHaveLength(52));

  it.each(cases)("$name: within 2e-6 of the largest magnitude", (golden) => {
    for (const [what, actual] of Object.entries(run(golden))) {
      const expected = tensors[`${golden.name}/${what}`] as Tensor;
      expect(actual.shape).toEqual(expected.shape);
      const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const error = largestError(actual, expected);
      expect(error / largest, what).toBeLessThanOrEqual(2e-6);
    }
  });

  // crates/lstm-core/tests/golden.rs compares the scalar kernels with the same digests.
  it.each(cases)("$name: the bits of the native scalar kernels", (golden) => {
    const { output, hn, cn } = run(golden);
    expect(digest(output, hn, cn)).toBe(bits[golden.name]);
  });

  it("notice when h0 and c0 are left out", () => {
    const golden = cases.find(({ state }) => state) as Case;
    const expected = tensors[`${golden.name}/output`] as Tensor;
    expect(largestError(run({ ...golden, state: false }).output, expected)).toBeGreaterThan(1e-3);
  });
});

// As crates/lstm-core/tests/golden.rs does: one unit whose gates all see x and whose c0 is x too.
it("one step over 65,537 patterns of bits has the bits of the native scalar kernels, NaN and infinities included", () => {
  const x = new Tensor(
    new Float32Array(Uint32Array.from({ length: 65_538 }, (_, i) => i * 65_535).buffer),
    [65_538, 1],
  );
  const cell = new LSTMCell({ inputSize: 1, hiddenSize: 1, bias: false });
  cell.loadStateDict({ weight_ih: [[1], [1], [1], [1]], weight_hh: [[0], [0], [0], [0]] });
  const [h, c] = cell.forward(x, [Tensor.zeros([65_538, 1]), x]);
  expect(digest(h, h, c)).toBe(bits.activations);
});

function largestError(actual: Tensor, expected: Tensor): number {
  return actual.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected.data[i] as number))), 0);
}

/** SHA-256 of the values as little-endian floats, every NaN the same one. */
function digest(...tensors: Tensor[]): string {
  const hash = createHash("sha256");
  for (const { data } of tensors) {
    const bytes = new DataView(new ArrayBuffer(data.length * 4));
    for (const [i, value] of data.entries()) {
      if (Number.isNaN(value)) bytes.setUint32(i * 4, 0x7fc00000, true);
      else bytes.setFloat32(i * 4, value, true);
    }
    hash.update(bytes);
  }
  return hash.digest("hex");
}
