import { LSTM, LSTMCell, Tensor } from "lstm-wasm";
import { load } from "lstm-wasm/safetensors";
import { describe, expect, it } from "vitest";
import { loadPinyin, readModel } from "../pinyin/model.js";
import { toneMarks } from "../pinyin/tone-marks.js";
import { walk } from "./walk.js";

const pinyin = loadPinyin();
const weights = load(readModel());
const TEXTS = ["我爱中国", "银行很远，20 😀", "国"];

/** One direction of the model's LSTM as an LSTMCell. */
function cell(suffix: "" | "_reverse"): LSTMCell {
  const result = new LSTMCell({ inputSize: 64, hiddenSize: 32 });
  const named = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => {
    return [name, weights[`lstm.${name}_l0${suffix}`] as Tensor] as const;
  });
  result.loadStateDict(Object.fromEntries(named));
  return result;
}

describe("walk", () => {
  it.each(TEXTS)("shows the h and c of %s that an LSTMCell computes step by step, to the bit", (text) => {
    const { steps } = walk(pinyin, text, toneMarks);
    for (const direction of ["forward", "reverse"] as const) {
      const own = steps.filter((step) => step.direction === direction);
      const length = [...text].length + 2;
      const order = Array.from({ length }, (_, index) => (direction === "forward" ? index : length - 1 - index));
      expect(own.map(({ position }) => position)).toEqual(order);
      expect(own.map(({ t }) => t)).toEqual(order.map((_, index) => index + 1));

      const lstmCell = cell(direction === "forward" ? "" : "_reverse");
      let state: [Tensor, Tensor] = [Tensor.zeros([32]), Tensor.zeros([32])];
      for (const { x, before, h, c } of own) {
        expect([before.h, before.c]).toEqual(state.map(({ data }) => data));
        state = lstmCell.forward(new Tensor(x, [64]), state);
        expect([h, c]).toEqual(state.map(({ data }) => data));
      }
      lstmCell.dispose();
    }
  });

  it.each(TEXTS)("shows gates of %s that obey the equations", (text) => {
    let most = 0;
    for (const { before, f, i, g, c, o, h, kept, added } of walk(pinyin, text, toneMarks).steps) {
      const off = (unit: number, shown: Float32Array, expected: number) => Math.abs(Number(shown[unit]) - expected);
      for (let unit = 0; unit < 32; unit++) {
        const at = (values: Float32Array) => values[unit] as number;
        most = Math.max(
          most,
          off(unit, kept, at(f) * at(before.c)),
          off(unit, added, at(i) * at(g)),
          off(unit, c, at(f) * at(before.c) + at(i) * at(g)),
          off(unit, c, at(kept) + at(added)),
          off(unit, h, at(o) * Math.tanh(at(c))),
        );
        for (const gate of [f, i, o]) expect(at(gate) >= 0 && at(gate) <= 1).toBe(true);
      }
    }
    expect(most).toBeLessThan(1e-6);
  });

  it("shows gates that the weights give", () => {
    const { steps } = walk(pinyin, "我爱中国", toneMarks);
    for (const { direction, x, before, i, f, g, o } of steps) {
      const suffix = direction === "forward" ? "" : "_reverse";
      const [ih, hh, bih, bhh] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map(
        (name) => (weights[`lstm.${name}_l0${suffix}`] as Tensor).data,
      ) as [Float32Array, Float32Array, Float32Array, Float32Array];
      for (const [gate, shown] of [i, f, g, o].entries()) {
        for (let unit = 0; unit < 32; unit++) {
          const row = gate * 32 + unit;
          let sum = Number(bih[row]) + Number(bhh[row]);
          for (const [k, value] of x.entries()) sum += value * Number(ih[row * 64 + k]);
          for (const [k, value] of before.h.entries()) sum += value * Number(hh[row * 32 + k]);
          expect(shown[unit]).toBeCloseTo(gate === 2 ? Math.tanh(sum) : 1 / (1 + Math.exp(-sum)), 5);
        }
      }
    }
  });

  it("concatenates as the LSTM's own forward does", () => {
    const { steps, outputs } = walk(pinyin, "我爱中国", toneMarks);
    const lstm = LSTM.fromStateDict(weights, { prefix: "lstm." });
    const xs = steps.slice(0, 6).map(({ x }) => [...x]);
    expect(outputs.flatMap((output) => [...output])).toEqual([...lstm.forward(xs)[0].data]);
    for (const { direction, position, h } of steps) {
      const half = direction === "forward" ? outputs[position]?.subarray(0, 32) : outputs[position]?.subarray(32);
      expect(half).toEqual(h);
    }
    lstm.dispose();
  });

  it("names what the model reads, and how", () => {
    const { symbols, known, readings, scale, steps } = walk(pinyin, "中😀国", toneMarks);
    expect(symbols).toEqual(["BEGIN", "中", "😀", "国", "END"]);
    expect(known).toEqual([true, true, false, true, true]);
    expect(readings).toEqual(["", "zhōng*", "", "guó", ""]);
    for (const { x, c } of steps) {
      expect(Math.max(...x.map(Math.abs))).toBeLessThanOrEqual(scale.x);
      expect(Math.max(...c.map(Math.abs))).toBeLessThanOrEqual(scale.c);
    }
  });
});
