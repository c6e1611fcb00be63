import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GRU, LayerTrace, LSTM, RNN, Tensor } from "lstm-wasm";
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
      [Math.fround((97 % 26) / 26), 0],
      [Math.fround(0.7), 1],
      [Math.fround((0x1f600 % 26) / 26), 0],
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
    expect([rnn, gru, lstm].map((error) => error.toFixed(3))).toEqual(["0.645", "0.075", "0.075"]);
    for (const text of [en.lookFor, zh.lookFor])
      expect(text.match(/0\.\d+/g)).toEqual([rnn, gru].map((off) => off.toFixed(3)));
    expect(gru.toFixed(3)).toBe(lstm.toFixed(3)); // the text names both at once
    expect(readFileSync(file("README.md"), "utf8")).toContain("0.645, the GRU and the LSTM by 0.075");
  });

  it("have the gates that the page and the README point at", () => {
    const text = "a7bcd2efgh9ij";
    const [, gru, lstm] = models.map(({ model }) => model.modules.rnn) as [RNN, GRU, LSTM];
    const { z } = gru.trace(encode(text)).layers[0] as LayerTrace<"z">;
    const { f, i } = lstm.trace(encode(text)).layers[0] as LayerTrace<"f" | "i">;
    for (const [t, char] of [...text].entries()) {
      const [z0, f0, i1] = [z.data[4 * t], f.data[4 * t], i.data[4 * t + 1]] as [number, number, number];
      const ofGates = `z ${z0}, f ${f0}, i ${i1} at ${char}`;
      if (/[0-9]/.test(char)) expect(z0 < 0.15 && f0 < 0.15 && i1 > 0.95, ofGates).toBe(true);
      else expect(z0 > 0.8 && f0 > 0.8 && i1 < 0.1, ofGates).toBe(true);
    }
  });

  it.each(models.slice(1))("$cell holds a digit over ten letters", ({ model }) => {
    const { data } = model.forward(encode("7lstmabcdef")) as Tensor;
    expect(Math.round(10 * (data.at(-1) as number))).toBe(7);
  });
});
