import { readFileSync } from "node:fs";
import { join } from "node:path";
import { save } from "lstm-wasm/safetensors";
import { describe, expect, it } from "vitest";
import { CHUNK, SileroVAD } from "./silero.js";
import { readWav } from "./wav.js";

const data = (name: string): Buffer => readFileSync(join(import.meta.dirname, "data", name));
const model = data("silero_vad_16k_sequence.onnx");
// What the Python package's ONNX graph answers, recorded by data/generate.py.
const { sample } = JSON.parse(data("cases.json").toString());
const expected: number[] = sample.probabilities;

const { samples } = readWav(data("sample.wav"));
const chunks = expected.map((_, i) => {
  const chunk = new Float32Array(CHUNK);
  chunk.set(samples.subarray(i * CHUNK, (i + 1) * CHUNK));
  return chunk;
});
const furthest = (found: readonly number[]): number =>
  Math.max(...expected.map((p, i) => Math.abs(p - (found[i] as number))));

describe("SileroVAD", () => {
  const vad = new SileroVAD(model);
  const probabilities = chunks.map((chunk) => vad.step(chunk));

  it("gives the probabilities of the Python package's ONNX graph", () => {
    expect(probabilities).toHaveLength(306);
    expect(furthest(probabilities)).toBeLessThan(1e-5);
  });

  it("begins anew after a reset", () => {
    expect(vad.step(chunks[20] as Float32Array)).not.toBe(probabilities[0]);
    vad.reset();
    expect(chunks.map((chunk) => vad.step(chunk))).toEqual(probabilities);
  });

  it("is as it was after a chunk that it refuses", () => {
    vad.reset();
    const wrong = (chunks[0] as Float32Array).slice();
    wrong[7] = NaN;
    expect(() => vad.step(wrong)).toThrow(new RangeError("chunk: sample 7 is NaN"));
    wrong[7] = -Infinity;
    expect(() => vad.step(wrong)).toThrow(new RangeError("chunk: sample 7 is -Infinity"));
    expect(() => vad.step(new Float32Array(128))).toThrow(new RangeError("chunk: expected 512 samples, got 128"));
    expect(vad.step(chunks[0] as Float32Array)).toBe(probabilities[0]);
  });

  it("refuses other models", () => {
    const other = readFileSync(join(import.meta.dirname, "../../test/fixtures/onnx/hand-LSTM-forward.onnx"));
    expect(() => new SileroVAD(other)).toThrow(
      "the model is not silero_vad_16k_sequence.onnx: stft.forward_basis_buffer must be [258, 1, 256], got none",
    );
    expect(() => new SileroVAD(save({ x: [1] }))).toThrow("Not a valid ONNX file");
  });
});
