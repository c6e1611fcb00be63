import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { LSTM, packPaddedSequence, padPackedSequence, Tensor } from "lstm-wasm";
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
      const error = actual.data.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (expected.data[i] as number))),
        0,
      );
      expect(error / largest, what).toBeLessThanOrEqual(2e-6);
    }
  });

  // crates/lstm-core/tests/golden.rs compares the scalar kernels with the same digests.
  it.each(cases)("$name: the bits of the native scalar kernels", (golden) => {
    const { output, hn, cn } = run(golden);
    const hash = createHash("sha256");
    for (const { data } of [output, hn, cn]) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    expect(hash.digest("hex")).toBe(bits[golden.name]);
  });

  it("are within the bound by a margin that a wrong formula would not leave", () => {
    const golden = cases[0] as Case;
    const { output } = run({ ...golden, state: false });
    const expected = tensors[`${golden.name}/output`] as Tensor;
    expect(Math.max(...output.data.map((value, i) => Math.abs(value - (expected.data[i] as number))))).toBeGreaterThan(
      1e-3,
    );
    expect(output).toBeInstanceOf(Tensor);
  });
});
