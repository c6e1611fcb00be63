import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "lstm-wasm";
import { load } from "lstm-wasm/safetensors";
import { describe, expect, it } from "vitest";
import { en } from "../../site/src/panels/cell/en.js";
import { zh } from "../../site/src/panels/cell/zh.js";
import { CELLS, errorOf, loadModel } from "./model.js";
import { batchOf, drawTexts, encode, lastDigits } from "./task.js";

const file = (name: string) => join(import.meta.dirname, name);
const models = CELLS.map((cell) => ({
  cell,
  model: loadModel(cell, load(readFileSync(file(`data/${cell}.safetensors`)))),
}));

describe("the task", () => {
  it("is the last digit so far, whatever else is read", () => {
    expect(lastDigits("a7b😀2.")).toEqual([0, 7, 7, 7, 2, 2]);
    expect(encode("a7😀").toArray()).toEqual([
      [0, 0],
      [Math.fround(0.7), 1],
      [0, 0],
    ]);
    expect(lastDigits("")).toEqual([]);
    expect(encode("").shape).toEqual([0, 2]);
  });

  it("lies in a batch as in the texts by themselves", () => {
    const texts = drawTexts(3, 12, 7);
    const { input, target } = batchOf(texts);
    expect([input.shape, target.shape]).toEqual([
      [12, 3, 2],
      [12, 3, 1],
    ]);
    for (const [b, text] of texts.entries()) {
      expect(input.select(1, b).toArray()).toEqual(encode(text).toArray());
      expect([...target.select(1, b).data]).toEqual(lastDigits(text).map((digit) => Math.fround(digit / 10)));
    }
  });
});

describe("the trained models", () => {
  it("are as far off as the page and the README say", () => {
    const [rnn, gru, lstm] = models.map(({ model }) => errorOf(model)) as [number, number, number];
    expect([rnn, gru, lstm].map((error) => error.toFixed(3))).toEqual(["0.183", "0.059", "0.061"]);
    for (const text of [en.error, zh.error])
      expect(text.match(/0\.\d+/g)).toEqual([rnn, gru].map((off) => off.toFixed(2)));
    expect(gru.toFixed(2)).toBe(lstm.toFixed(2)); // the text names both at once
    expect(readFileSync(file("README.md"), "utf8")).toContain("0.183, the GRU 0.059 and the LSTM 0.061");
  });

  it.each(models)("$cell holds a digit over ten other characters", ({ model }) => {
    const { data } = model.forward(encode("7..........")) as Tensor;
    expect(Math.round(10 * (data.at(-1) as number))).toBe(7);
  });
});
