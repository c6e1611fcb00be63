import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, encode, ends, largest, mostLikely, Scorer, type Tag } from "./tags.js";

const tags = (letters: string): Tag[] => [...letters].map((letter) => "BMES".indexOf(letter) as Tag);
const letters = (some: readonly Tag[]): string => some.map((tag) => "BMES"[tag]).join("");
const score = (...pairs: [right: string, found: string][]) => {
  const scorer = new Scorer();
  for (const [right, found] of pairs) scorer.add(tags(right), tags(found));
  return scorer.score;
};

describe("encode and decode", () => {
  it("know words of one, two and more characters", () => {
    expect(letters(encode(["我", "喜欢", "运动会", "中华民国"]))).toBe("SBEBMEBMME");
    expect(decode([..."我喜欢运动会"], tags("SBEBME"))).toEqual(["我", "喜欢", "运动会"]);
    expect(encode([])).toEqual([]);
    expect(decode([], [])).toEqual([]);
  });

  it("are each other's inverse", () => {
    const word = fc.string({ unit: fc.constantFrom(..."我爱中国，😀"), minLength: 1 });
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(decode([...words.join("")], encode(words))).toEqual(words);
      }),
    );
  });

  it.each([
    ["BB", [1, 2]],
    ["MM", [2]],
    ["EM", [1, 2]],
    ["ME", [2]],
    ["BS", [1, 2]],
    ["SM", [1, 2]],
    ["BM", [2]],
    ["MB", [1, 2]],
  ])("make words of the impossible %s, too", (impossible, expected) => {
    expect(ends(tags(impossible))).toEqual(expected);
  });
});

describe("mostLikely", () => {
  /** All tags that words can have, by brute force: they are those that survive decoding and encoding. */
  const possible = (length: number): Tag[][] =>
    Array.from({ length: 4 ** length }, (_, code) =>
      Array.from({ length }, (_, i) => Math.floor(code / 4 ** i) % 4),
    ).filter((some): some is Tag[] => {
      const characters = some.map(() => "字");
      return letters(encode(decode(characters, some as Tag[]))) === letters(some as Tag[]);
    });
  const sum = (logits: Float32Array, some: readonly Tag[]) =>
    some.reduce<number>((total, tag, i) => total + (logits[4 * i + tag] as number), 0);

  it("finds the largest sum of all possible tags", () => {
    const choices = [0, 1, 2, 3, 4, 5].map(possible);
    const lengths = fc.integer({ min: 1, max: 5 });
    const logits = lengths.chain((length) =>
      fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 4 * length, maxLength: 4 * length }),
    );
    fc.assert(
      fc.property(logits, (values) => {
        const rows = Float32Array.from(values);
        const all = choices[values.length / 4] as Tag[][];
        const found = mostLikely(rows);
        expect(all.map(letters)).toContain(letters(found));
        expect(sum(rows, found)).toBe(Math.max(...all.map((some) => sum(rows, some))));
      }),
    );
  });

  it("takes an empty piece and a single character", () => {
    expect(mostLikely(new Float32Array(0))).toEqual([]);
    expect(letters(mostLikely(new Float32Array([9, 9, 9, 0])))).toBe("S");
  });
});

describe("Scorer", () => {
  it("counts words that begin and end right", () => {
    expect(score(["SBEBME", "SBEBME"])).toEqual({ precision: 1, recall: 1, f1: 1 });
    // 我 喜欢 运动会 against 我 喜 欢 运动会: 3 words right of 4 found, of 3 there are
    const { precision, recall, f1 } = score(["SBEBME", "SSSBME"]);
    expect([precision, recall]).toEqual([2 / 4, 2 / 3]);
    expect(f1).toBeCloseTo((2 * (2 / 4) * (2 / 3)) / (2 / 4 + 2 / 3), 15);
    // The same end, another beginning.
    expect(score(["BESBE", "BMEBE"])).toEqual({ precision: 1 / 2, recall: 1 / 3, f1: 1 / 2.5 });
  });

  it("adds up pieces, which are apart", () => {
    expect(score(["S", "S"], ["BE", "SS"])).toEqual({ precision: 1 / 3, recall: 1 / 2, f1: 1 / 2.5 });
  });

  it("is 0 where nothing is right, or nothing is there", () => {
    expect(score(["BE", "SS"])).toEqual({ precision: 0, recall: 0, f1: 0 });
    expect(score()).toEqual({ precision: 0, recall: 0, f1: 0 });
  });
});

describe("a sample of what PyTorch's model answers", () => {
  interface Sample {
    readonly score: Readonly<Record<"argmax" | "viterbi", Record<string, number>>>;
    readonly pieces: readonly { gold: string; argmax: string; viterbi: string; logits: number[][] }[];
  }
  const sample: Sample = JSON.parse(readFileSync(join(import.meta.dirname, "data/sample.json"), "utf8"));

  it.each([
    ["argmax", largest],
    ["viterbi", mostLikely],
  ] as const)("has the same tags and the same score: %s", (name, choose) => {
    const scorer = new Scorer();
    for (const piece of sample.pieces) {
      const found = choose(new Float32Array(piece.logits.flat()));
      expect(letters(found)).toBe(piece[name]);
      scorer.add(tags(piece.gold), found);
    }
    for (const [measure, value] of Object.entries(scorer.score)) {
      expect(value).toBeCloseTo(sample.score[name][measure] as number, 12);
    }
  });
});
