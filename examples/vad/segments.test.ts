import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Segment, Segmenter } from "./segments.js";

interface Case {
  readonly probabilities: readonly number[];
  readonly samples: number;
  readonly options?: Record<string, number>;
  readonly timestamps: readonly Segment[];
}

// What the Python package's get_speech_timestamps answers, recorded by data/generate.py.
const { sample, curves }: { sample: Case; curves: readonly Case[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, "data/cases.json"), "utf8"),
);

function segments({ probabilities, samples, options = {} }: Case): Segment[] {
  const segmenter = new Segmenter({
    threshold: options.threshold,
    negThreshold: options.neg_threshold,
    minSpeechDurationMs: options.min_speech_duration_ms,
    minSilenceDurationMs: options.min_silence_duration_ms,
    speechPadMs: options.speech_pad_ms,
  });
  for (const probability of probabilities) segmenter.add(probability);
  return segmenter.segments(samples);
}

describe("Segmenter", () => {
  it("finds the segments of the Python package in the sample", () => {
    expect(sample.timestamps).toHaveLength(2);
    expect(segments(sample)).toEqual(sample.timestamps);
  });

  it("finds them in 100 random curves, half of them with random options", () => {
    expect(curves).toHaveLength(100);
    expect(curves.map(segments)).toEqual(curves.map(({ timestamps }) => timestamps));
  });

  it("tells while it listens whether somebody speaks, and the segments so far", () => {
    const segmenter = new Segmenter({ minSpeechDurationMs: 0, minSilenceDurationMs: 64, speechPadMs: 0 });
    const speaking = [0.1, 0.5, 0.4, 0.2, 0.4, 0.2, 0.9].map((probability) => {
      segmenter.add(probability);
      return segmenter.speaking;
    });
    expect(speaking).toEqual([false, true, true, true, true, false, true]);
    expect(segmenter.segments(7 * 512)).toEqual([
      { start: 512, end: 3 * 512 },
      { start: 6 * 512, end: 7 * 512 },
    ]);
  });

  it.each([NaN, -0.1, 1.1])("refuses %s as a probability", (probability) => {
    expect(() => new Segmenter().add(probability)).toThrow(
      new RangeError(`probability: expected 0 to 1, got ${probability}`),
    );
  });
});
