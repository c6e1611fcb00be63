import { describe, expect, it } from "vitest";
import { UNKNOWN, Vocabulary } from "./vocabulary.js";

describe("Vocabulary", () => {
  const vocabulary = Vocabulary.of([
    ["我", "爱", "我"],
    ["国", "爱国"],
    ["１", "１，", "，", "天"],
  ]);

  it("numbers what was seen twice by first appearance, after padding and the unknown", () => {
    expect(vocabulary.characters).toBe("我爱国１，");
    expect(vocabulary.size).toBe(7);
    expect([..."我爱国"].map((one) => vocabulary.id(one))).toEqual([2, 3, 4]);
    expect(vocabulary.id("天")).toBe(UNKNOWN);
    expect(vocabulary.id("😀")).toBe(UNKNOWN);
  });

  it("takes narrow digits and signs for wide ones", () => {
    expect(vocabulary.id("1")).toBe(vocabulary.id("１"));
    expect(vocabulary.id(",")).toBe(vocabulary.id("，"));
    expect(vocabulary.id("2")).toBe(UNKNOWN);
    expect(vocabulary.id(" ")).toBe(UNKNOWN);
  });

  it("comes back from its characters", () => {
    const again = new Vocabulary(vocabulary.characters);
    expect(again.size).toBe(vocabulary.size);
    expect(again.id("国")).toBe(4);
  });
});
