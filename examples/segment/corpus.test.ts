import { describe, expect, it } from "vitest";
import { parse } from "./corpus.js";

describe("parse", () => {
  const line = (words: string) =>
    words
      .split(" ")
      .map((word) => `${word}/n`)
      .join("  ");

  it("splits lines after the ends of sentences and clauses, and takes the words without their tags", () => {
    const { test } = parse("迈向/v  新/a  世纪/n  ，/w  １９９８年/t  讲话/n  。/w  （/w  完/v  ）/w\n");
    expect(test).toEqual([
      ["迈向", "新", "世纪", "，"],
      ["１９９８年", "讲话", "。"],
      ["（", "完", "）"],
    ]);
  });

  it("splits at the last slash only", () => {
    expect(parse("１/２/m  //w").test).toEqual([["１/２", "/"]]);
  });

  it("gives eight tenths of the lines to training, one to validation, one to the test; blank ones do not count", () => {
    const all = Array.from({ length: 20 }, (_, index) => `第 ${index}`);
    const { training, validation, test } = parse(all.map(line).join("\n\n"));
    const numbers = (part: readonly (readonly string[])[]) => part.map(([, number]) => Number(number));
    expect(numbers(training)).toEqual(Array.from({ length: 16 }, (_, index) => index));
    expect(numbers(validation)).toEqual([16, 17]);
    expect(numbers(test)).toEqual([18, 19]);
  });

  it("of nothing makes nothing", () => {
    expect(parse("\n")).toEqual({ training: [], validation: [], test: [] });
  });
});
