/** `lstm-wasm convert --calibrate`: weights of int8 that are rounded for samples from a file. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GRU, LSTM, Tensor } from "lstm-wasm";
import { load as loadAudio } from "lstm-wasm/audio";
import { calibrate, quantize, type Sample } from "lstm-wasm/nn";
import { saveNpy } from "lstm-wasm/npy";
import { load as loadOnnx } from "lstm-wasm/onnx";
import { load, save } from "lstm-wasm/safetensors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Command } from "./command.js";

const lstm = new LSTM({ inputSize: 2, hiddenSize: 40, seed: 1 });
const gru = new GRU({ inputSize: 2, hiddenSize: 8, bidirectional: true, batchFirst: true, seed: 2 });
const head = Tensor.randn([2, 40], { seed: 3 });
/** Two waves, whose values go together. */
const waves = (from: number) =>
  new Tensor(
    Float32Array.from({ length: 1200 }, (_, i) => Math.sin(from + 0.05 * i)),
    [600, 2],
  );
const samples = waves(0);
const nam = JSON.stringify({
  architecture: "LSTM",
  config: { input_size: 1, hidden_size: 2, num_layers: 1 },
  weights: Array.from({ length: 39 }, (_, i) => Math.sin(i)),
});
const reverse = join(import.meta.dirname, "../fixtures/onnx/hand-LSTM-reverse.onnx");

let command: Command;
const path = (name: string) => join(command.folder, name);
const write = (name: string, data: string | Uint8Array) => writeFileSync(path(name), data);

beforeAll(async () => {
  command = await Command.install();
  write("m.safetensors", save({ ...lstm.stateDict({ prefix: "lstm." }), "head.weight": head }));
  write("two.safetensors", save({ ...lstm.stateDict({ prefix: "lstm." }), ...gru.stateDict({ prefix: "gru." }) }));
  write("in.npy", saveNpy(samples));
}, 121_000);
afterAll(() => command.close());

async function convert(from: string, ...more: string[]): Promise<string> {
  const args = ["convert", from, "out.safetensors", "--weights", "int8", ...more];
  const { stdout, stderr, code } = await command.run(args);
  expect({ stdout, code }, stderr).toEqual({ stdout: "", code: 0 });
  return stderr;
}

const bytes = (dict: Readonly<Record<string, Tensor>>) => Buffer.from(save(dict)).toString("base64");
const written = () => bytes(load(readFileSync(path("out.safetensors"))));

/** The largest difference of the outputs of two modules. */
function furthest(some: LSTM, other: LSTM, input: Tensor): number {
  const [[a], [b]] = [some.forward(input), other.forward(input)];
  return Math.max(...a.data.map((value, i) => Math.abs(value - (b.data[i] as number))));
}

describe("convert --calibrate", { timeout: 60_000 }, () => {
  it("rounds for the samples, and tells both errors over them or over other data", async () => {
    const [narrow, nearest] = [calibrate(lstm, [[samples]]), quantize(lstm, { weights: "int8" })];
    const told = (input: Tensor, name: string) => {
      const [own, other] = [narrow, nearest].map((module) => Number(furthest(lstm, module, input).toPrecision(2)));
      expect(own).toBeLessThan(other as number);
      const without = `without --calibrate by ${other?.toPrecision(2)}`;
      return `lstm-wasm: lstm.: int8 weights change the output by at most ${own?.toPrecision(2)}, ${without} (${name})\n`;
    };
    expect(await convert("m.safetensors", "--calibrate", "in.npy")).toBe(told(samples, "in.npy"));
    const expected = bytes({ ...narrow.stateDict({ prefix: "lstm." }), "head.weight": head });
    expect(written()).toEqual(expected);

    const others = waves(1);
    write("others.csv", others.toArray(2).map(String).join("\n"));
    const over = await convert("m.safetensors", "--calibrate", "in.npy", "--input", "others.csv");
    expect(over).toBe(told(others, "others.csv"));
    expect(written()).toEqual(expected);

    write("in.csv", samples.toArray(2).map(String).join("\n"));
    write("in.json", JSON.stringify(samples.toArray(2)));
    for (const file of ["in.csv", "in.json"]) {
      await convert("m.safetensors", "--calibrate", file);
      expect(written(), file).toEqual(expected);
    }
  });

  it("takes one layer of several, and batches by the order of the layer", async () => {
    const batch = samples.reshape([4, 150, 2]);
    write("batch.npy", saveNpy(batch));
    const choice = ["--prefix", "gru.", "--calibrate", "batch.npy"];
    const batchFirst = await convert("two.safetensors", ...choice, "--batch-first");
    expect(batchFirst).toMatch(/^lstm-wasm: gru\.: int8 weights .*\(batch\.npy\)\n$/);
    const first = written();
    expect(first).toEqual(bytes(calibrate(gru, [[batch]]).stateDict()));

    const note = "lstm-wasm: batch.npy: the input of shape (4, 150, 2) was read as (seq, batch, input)\n";
    expect(await convert("two.safetensors", ...choice)).toContain(note);
    const timeFirst = GRU.fromStateDict(gru.stateDict());
    expect(written()).toEqual(bytes(calibrate(timeFirst, [[batch]]).stateDict()));
    expect(written()).not.toEqual(first);
  });

  it("reads the samples as the layer does: from its state, and from the end", async () => {
    write("amp.nam", nam);
    const [amplifier] = loadAudio(nam).layers;
    if (amplifier?.kind !== "LSTM" || amplifier.state === undefined) throw new Error("no state");
    const sound = samples.reshape([1200, 1]);
    write("sound.npy", saveNpy(sound));
    await convert("amp.nam", "--layer", amplifier.name, "--calibrate", "sound.npy");
    const { h, c } = amplifier.state;
    const start: Sample = [sound, [h.select(1, 0), c.select(1, 0)]];
    expect(written()).toEqual(bytes(calibrate(LSTM.fromStateDict(amplifier.stateDict), [start]).stateDict()));

    const [layer] = loadOnnx(readFileSync(reverse)).layers;
    if (layer?.kind !== "LSTM") throw new Error("another fixture");
    const { h0, c0 } = layer.attributes;
    if (typeof h0 !== "object" || typeof c0 !== "object") throw new Error("another fixture");
    const batch = h0.shape[1] as number;
    // It goes up, which is not what it does from the end.
    const ramp = Float32Array.from({ length: 40 * batch * 3 }, (_, i) => 0.02 * i - 1);
    const given = new Tensor(ramp, [40, batch, 3]);
    write("given.npy", saveNpy(given));
    await convert(reverse, "--calibrate", "given.npy");
    const turned: Sample = [new Tensor(given.toArray(3).reverse()), [h0, c0]];
    expect(written()).toEqual(bytes(calibrate(layer.create({ flipped: true }), [turned]).stateDict()));
    const inOrder: Sample = [given, [h0, c0]];
    expect(written()).not.toEqual(bytes(calibrate(layer.create({ flipped: true }), [inOrder]).stateDict()));
  });

  it.each<[string, string[], 1 | 2, string]>([
    ["m.safetensors", [], 2, "--calibrate is for --weights int8"],
    ["m.safetensors", ["--weights", "int16"], 2, "--calibrate is for --weights int8: int16 has nothing to gain"],
    ["two.safetensors", ["--weights", "int8"], 2, "--calibrate is for one layer: choose it with --layer or --prefix"],
  ])("refuses %s %j", async (from, more, code, message) => {
    const args = ["convert", from, "x.safetensors", "--calibrate", "in.npy", ...more];
    expect(await command.complaint(args, code)).toContain(message);
  });

  it.each<[string, string | Uint8Array, string]>([
    ["wide.csv", "1,2,3\n4,5,6\n", "wide.csv: "],
    ["wide.npy", saveNpy(Tensor.zeros([3, 5])), "wide.npy: the layer reads [steps, 2] or with a batch"],
    ["none.npy", saveNpy(Tensor.zeros([0, 2])), "none.npy: it has no rows to calibrate on"],
    ["nan.npy", saveNpy([[1, Number.NaN]]), "nan.npy: samples[0] must be finite, got NaN"],
    ["gone.npy", "", "gone.npy: there is nothing to read"],
  ])("says what is wrong with %s", async (name, data, message) => {
    write(name, data);
    const args = ["convert", "m.safetensors", "x.safetensors", "--weights", "int8", "--calibrate", name];
    expect(await command.complaint(args, 1)).toContain(message);
    expect(readdirSync(command.folder).filter((file) => /^x\.|partial/.test(file))).toEqual([]);
  });
});
