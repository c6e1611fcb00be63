import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { page } from "./page.js";
import type { Reading } from "./pinyin.js";

const plain = { columns: 80, colour: false, spell: (pinyin: string) => pinyin };
const unread = (text: string): Reading[] => [...text].map((char) => ({ char, pinyin: char }));
const bank: Reading[] = [
  { char: "银", pinyin: "yin2" },
  { char: "行", pinyin: "hang2", probability: 0.987 },
  ...unread("，20 OK"),
  { char: "爱", pinyin: "ai4" },
];

describe("page", () => {
  it("aligns readings and probabilities under double-width characters", () => {
    expect(page(bank, plain)).toBe(["银   行     ，20 OK 爱", "yin2 hang2*         ai4", "     99%", ""].join("\n"));
  });

  it("leaves out the lines that would be empty", () => {
    expect(page([{ char: "爱", pinyin: "ai4" }], plain)).toBe("爱\nai4\n");
    expect(page(unread("OK!"), plain)).toBe("OK!\n");
    expect(page([], plain)).toBe("");
  });

  it("wraps at the width and keeps every character in order", () => {
    const long = Array.from({ length: 20 }, () => bank).flat();
    for (const columns of [7, 12, 40, 80]) {
      const lines = page(long, { ...plain, columns })
        .trimEnd()
        .split("\n");
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      const text = lines.filter((line) => /[银行，爱]|OK/.test(line)).join("");
      expect(text.replaceAll(" ", "")).toBe("银行，20OK爱".repeat(20));
    }
  });

  it("goes on when not even one character fits", () => {
    expect(page(bank, { ...plain, columns: 1 })).toContain("银\nyin2\n");
    expect(page(unread("abc"), { ...plain, columns: 2 })).toBe("ab\nc\n");
    expect(page(unread("👨‍👩‍👧👨‍👩‍👧"), { ...plain, columns: 2 })).toBe("👨‍👩‍👧\n👨‍👩‍👧\n");
  });

  it("colours instead of marking, by how sure the model is, and stays aligned", () => {
    const coloured = page(bank, { ...plain, colour: true });
    expect(coloured).toContain("\u001b[32mhang2\u001b[39m");
    expect(stripVTControlCharacters(coloured)).toBe(
      ["银   行    ，20 OK 爱", "yin2 hang2         ai4", "     99%", ""].join("\n"),
    );
  });

  it("lets no control character through to the terminal", () => {
    expect(page(unread("a\u001b[2Jb\u0007\tc"), plain)).toBe("a [2Jb c\n");
  });
});
