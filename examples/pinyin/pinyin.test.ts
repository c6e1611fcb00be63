import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Pinyin } from "./pinyin.js";
import { toneMarks } from "./tone-marks.js";

const data = (name: string): Buffer => readFileSync(join(import.meta.dirname, "data", name));
const cases: { text: string; pinyin: string[] }[] = JSON.parse(data("cases.json").toString());
const vocabulary = JSON.parse(data("vocab.json").toString());
const pinyin = new Pinyin(data("g2pm.safetensors"), vocabulary);
const spelled = (text: string): string[] => pinyin.read(text).map((reading) => reading.pinyin);

describe("Pinyin", () => {
  it("answers all 303 sentences as g2pM does", () => {
    expect(cases).toHaveLength(303);
    const answers = pinyin.readAll(cases.map(({ text }) => text));
    const got = answers.map((readings) => ({
      text: readings.map(({ char }) => char).join(""),
      pinyin: readings.map((reading) => reading.pinyin),
    }));
    expect(got).toEqual(cases);
  });

  it("answers one by one as in a batch, to the last bit of the probabilities", () => {
    const texts = cases.slice(0, 60).map(({ text }) => text);
    expect(texts.map((text) => pinyin.read(text))).toEqual(pinyin.readAll(texts));
    expect(pinyin.readAll([...texts].reverse()).reverse()).toEqual(pinyin.readAll(texts));
  });

  it("gives a probability where there are several readings, and only there", () => {
    for (const { char, probability } of pinyin.read("银行行长长得很高，ABC")) {
      if ((vocabulary.readings[char] ?? []).length > 1) expect(probability).toBeGreaterThan(0.3);
      else expect(probability).toBeUndefined();
    }
  });

  it("returns what it cannot read, character by character", () => {
    expect(spelled("20 x😀👨‍👩‍👧")).toEqual([..."20 x😀👨‍👩‍👧"]);
    expect(spelled("😀国")).toEqual(["😀", "guo2"]);
    expect(pinyin.read("😀长")[1]).toMatchObject({ char: "长", probability: expect.any(Number) });
    expect(spelled("")).toEqual([]);
    expect(pinyin.readAll([])).toEqual([]);
  });

  it("says which tensor does not fit the vocabulary", () => {
    const short = { ...vocabulary, classes: vocabulary.classes.slice(1) };
    expect(() => new Pinyin(data("g2pm.safetensors"), short)).toThrow(
      "logit_layer.2.weight has shape [876, 32], expected 875 rows",
    );
  });
});

describe("toneMarks", () => {
  it.each([
    ["ni3", "nǐ"],
    ["hao3", "hǎo"],
    ["gui4", "guì"],
    ["jiu3", "jiǔ"],
    ["dou1", "dōu"],
    ["xiong2", "xióng"],
    ["yue4", "yuè"],
    ["lu:4", "lǜ"],
    ["nu:e4", "nüè"],
    ["de5", "de"],
    ["r5", "r"],
    ["er2", "ér"],
    ["m2", "ḿ"],
    ["ng4", "ǹg"],
    ["bai3 ke4", "bǎi kè"],
    ["p", "p"],
    ["，", "，"],
    ["7", "7"],
  ])("spells %s as %s", (number, mark) => {
    expect(toneMarks(number)).toBe(mark);
  });

  it("leaves no tone number in any reading of the dictionary", () => {
    const all = Object.values<string[]>(vocabulary.readings).flat();
    expect([...all, ...vocabulary.classes].map(toneMarks).filter((reading) => /[\d:]/.test(reading))).toEqual([]);
  });
});
