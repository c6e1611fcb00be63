import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LSTM, Tensor } from "lstm-wasm";
import { Linear } from "lstm-wasm/nn";
import { load } from "lstm-wasm/safetensors";
import { describe, expect, it } from "vitest";
import { Amplifier } from "./amplifier.js";
import { improvise } from "./strings.js";
import { MODEL, score } from "./train.js";

const model = readFileSync(MODEL);
const sound = improvise(0.5, 5);

describe("Amplifier", () => {
  it("is the LSTM and its head, whatever the blocks", () => {
    const weights = load(model);
    const [h] = LSTM.fromStateDict(weights, { prefix: "lstm." }).forward(new Tensor(sound, [sound.length, 1]));
    const head = new Linear({ inFeatures: 40, outFeatures: 1 });
    head.loadStateDict(weights, { prefix: "head." });
    const expected = head.forward(h).data.map((y, n) => (sound[n] as number) + y);

    const whole = new Float32Array(sound.length);
    new Amplifier(model).process(sound, whole);
    expect(Math.max(...whole.map((y, n) => Math.abs(y - (expected[n] as number))))).toBeLessThan(1e-6);

    const blocks = new Float32Array(sound.length);
    const amplifier = new Amplifier(model);
    for (let at = 0, size = 1; at < sound.length; at += size++) {
      amplifier.process(sound.subarray(at, at + size), blocks.subarray(at, at + size));
    }
    expect(blocks).toEqual(whole);
  });

  it("plays the same model as GuitarML and Neural Amp Modeler write it", () => {
    const weights = load(model);
    const rows = (name: string) => weights[name]?.toArray() as number[][];
    const state_dict = Object.fromEntries(
      Object.keys(weights).map((name) => [name.replace("lstm.", "rec.").replace("head.", "lin."), rows(name)]),
    );
    const guitarML = JSON.stringify({ model_data: { unit_type: "LSTM", skip: 1 }, state_dict });
    const [ih, hh] = [rows("lstm.weight_ih_l0"), rows("lstm.weight_hh_l0")];
    const sums = weights["lstm.bias_ih_l0"]?.data.map((b, i) => b + (weights["lstm.bias_hh_l0"]?.data[i] as number));
    const joined = ih.map((row, r) => [row, hh[r]]);
    const zeros = new Array(80).fill(0);
    const list = [joined, [...(sums ?? [])], zeros, rows("head.weight"), rows("head.bias")].flat(3);
    const config = { input_size: 1, hidden_size: 40, num_layers: 1 };
    const nam = JSON.stringify({ architecture: "LSTM", config, weights: list });

    const outputs = [model, guitarML, nam].map((one) => {
      const output = new Float32Array(sound.length);
      new Amplifier(one).process(sound, output);
      return output;
    });
    const [own, other, third] = outputs as [Float32Array, Float32Array, Float32Array];
    expect(other).toEqual(own);
    // A .nam file adds no input.
    expect(Math.max(...third.map((y, n) => Math.abs(y + (sound[n] as number) - (own[n] as number))))).toBeLessThan(
      1e-5,
    );
  });

  it("leaves the input as it is when none of it is to be heard", () => {
    const output = new Float32Array(sound.length);
    new Amplifier(model).process(sound, output, 0);
    expect(output).toEqual(sound);
  });

  it("sounds like the circuit it learned, on playing it never heard", () => {
    expect(score(model, 4)).toBeLessThan(0.01);
  });

  it("refuses a model of other names or sizes", () => {
    const bytes = readFileSync(join(import.meta.dirname, "../pinyin/data/g2pm.safetensors"));
    expect(() => new Amplifier(bytes)).toThrow("an LSTM of one input under lstm.");
  });

  it("makes no garbage: the heap does not grow over two million samples", { timeout: 180_000 }, () => {
    // V8's middle compiler, Maglev, which Node 24 has, keeps some 50 bytes a block; what it leads to keeps none.
    const line = ["--expose-gc", "--no-maglev", "--import", "tsx", join(import.meta.dirname, "garbage.ts")];
    const { bytes, collections, samples } = JSON.parse(execFileSync(process.execPath, line, { encoding: "utf8" }));
    expect(samples).toBeGreaterThan(2e6);
    expect(collections).toBe(0);
    expect(bytes).toBeLessThan(32_768); // of one round: a number a block would be 90 kB there, one a sample 11 MB
  });
});
