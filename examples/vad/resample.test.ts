import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Resampler } from "./resample.js";

// What torchaudio answers, recorded by data/generate.py.
const { resampled: cases }: { resampled: readonly { rate: number; samples: number[]; resampled: number[] }[] } =
  JSON.parse(readFileSync(join(import.meta.dirname, "data/cases.json"), "utf8"));

/** All results, the samples given in blocks of these lengths. */
function resample(samples: readonly number[], rate: number, blocks = [samples.length]): number[] {
  const resampler = new Resampler(rate, 16_000);
  const ends = blocks.map((_, i) => blocks.slice(0, i + 1).reduce((sum, length) => sum + length));
  const parts = ends.map((end, i) => resampler.process(Float32Array.from(samples.slice(ends[i - 1] ?? 0, end))));
  return [...parts, resampler.end()].flatMap((part) => [...part]);
}

describe("Resampler", () => {
  it.each(cases)("makes of $rate samples a second 16,000, as torchaudio does", ({ rate, samples, resampled }) => {
    const found = resample(samples, rate);
    expect(found).toHaveLength(resampled.length);
    expect(Math.max(...resampled.map((y, n) => Math.abs(y - (found[n] as number))))).toBeLessThan(1e-6);
  });

  it.each(cases)("gives the same bits from blocks of any length, at $rate", ({ rate, samples }) => {
    for (const length of [1, 7, 64]) {
      const blocks = Array.from({ length: Math.ceil(samples.length / length) }, () => length);
      expect(resample(samples, rate, [0, ...blocks, 0])).toEqual(resample(samples, rate));
    }
  });

  it("leaves a sound of that rate as it is, and delays it by nothing", () => {
    const resampler = new Resampler(16_000, 16_000);
    expect(resampler.process(Float32Array.of(0.1, 0.2))).toEqual(Float32Array.of(0.1, 0.2));
    expect(resampler.process(Float32Array.of(0.3))).toEqual(Float32Array.of(0.3));
    expect(resampler.end()).toHaveLength(0);
  });

  it("keeps no more than its filters reach", () => {
    const resampler = new Resampler(48_000, 16_000);
    const lengths = Array.from({ length: 1000 }, () => resampler.process(new Float32Array(128)).length);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(Math.ceil((128_000 - 19) / 3));
    expect(resampler.end()).toHaveLength(6);
  });

  it("refuses rates that no sound has", () => {
    const message = "expected an integer from 1000 to 768000 samples a second, got";
    expect(() => new Resampler(4_294_967_295, 16_000)).toThrow(new RangeError(`from: ${message} 4294967295`));
    expect(() => new Resampler(16_000, 0.5)).toThrow(new RangeError(`to: ${message} 0.5`));
  });
});
