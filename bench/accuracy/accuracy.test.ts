import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { filled } from "../filled.js";
import { readFigures, SETTINGS } from "./measure.js";
import { PAGE, tables } from "./page.js";
import { phonemes } from "./phonemes.js";
import { pinyin } from "./pinyin.js";
import { segmenter } from "./segmenter.js";
import { states } from "./states.js";
import { vad } from "./vad.js";
import { NAMES } from "./variants.js";

const record = readFigures();

// A few seconds each, but of a processor that other tests use too.
describe("narrow weights", { timeout: 180_000 }, () => {
  it("read pinyin as float32 does: int16 every sentence, int8 all but 0.5 % of the characters", () => {
    const { characters, changed, ...rest } = pinyin();
    expect(changed.int16.sentences).toBe(0);
    expect(changed.int8.characters / characters).toBeLessThanOrEqual(0.005);
    expect({ characters, changed, ...rest }).toEqual(record.pinyin);
  });

  it("read phonemes: int16 as float32 does, int8 all but 0.6 % of what is decided, calibrated all but 0.5 %", () => {
    const figures = phonemes();
    expect(figures.changed.int16.phonemes).toBe(0);
    expect(figures.changed.int8.decisions / figures.decisions).toBeLessThanOrEqual(0.006);
    expect(figures.changed["int8, calibrated"].decisions / figures.decisions).toBeLessThanOrEqual(0.005);
    expect(figures).toEqual(record.phonemes);
  });

  it("hear speech where float32 does: int8 in all but 0.5 % of the steps, int16 in all", () => {
    const { steps, changed } = vad();
    expect(changed.int16.decisions).toBe(0);
    expect(changed.int8.decisions / steps).toBeLessThanOrEqual(0.005);
    expect(steps).toBe(record.vad.steps);
    for (const name of NAMES) {
      expect(changed[name].decisions).toBe(record.vad.changed[name].decisions);
      // Math.exp may differ in its last bit from engine to engine.
      expect(changed[name].probability).toBeCloseTo(record.vad.changed[name].probability, 12);
    }
  });

  it("go from float32's states as far as recorded", () => {
    const settings = { ...SETTINGS.states, sizes: SETTINGS.states.sizes.slice(0, 2) };
    const small = record.states.filter(({ hiddenSize }) => hiddenSize <= 64);
    expect(states(settings)).toEqual(small);
  });

  it("find words: a segmenter that was trained on three words", () => {
    const pieces = Array.from({ length: 48 }, (_, i) =>
      Array.from({ length: 1 + (i % 5) }, (_, j) => ["我", "喜欢", "运动会"][(i * 7 + j) % 3] as string),
    );
    const options = { seed: 1, pieces: 48, epochs: 8, testPieces: 24 };
    const { f1, changed } = segmenter(options, { training: pieces, test: pieces });
    expect(f1.float32).toBeGreaterThan(0.9);
    for (const name of NAMES) expect([name, f1[name], changed[name]]).toEqual([name, f1.float32, 0]);
  });
});

describe("the record", () => {
  it("is of the settings, within the bounds of the segmenter and of int16", () => {
    expect(record.settings).toEqual(SETTINGS);
    const { f1 } = record.segmenter;
    for (const name of NAMES) expect(Math.abs(f1[name] - f1.float32), name).toBeLessThanOrEqual(0.002);
    expect(record.segmenter.changed.int16).toBe(0);
  });

  it("is what docs/integer-weights.md shows", () => {
    const page = readFileSync(PAGE, "utf8");
    for (const name of Object.keys(tables(record))) expect(page).toContain(`<!-- table: ${name} -->`);
    expect(filled(page, tables(record))).toBe(page);
  });
});
