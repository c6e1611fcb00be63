/** Files that PyTorch 2.15 wrote (fixtures/pytorch/generate.py) against what torch.load makes of them. */
import { existsSync, readFileSync } from "node:fs";
import { GRU, LSTM, Tensor } from "lstm-wasm";
import { load, read } from "lstm-wasm/pytorch";
import { describe, expect, test } from "vitest";
import { bits, refuses, wave } from "./support/refusal.js";

interface Expected {
  readonly path: string[];
  readonly stripped: string[];
  readonly skipped: string[];
  readonly tensors: Record<string, { shape: number[]; bits: string }>;
  readonly output?: string;
}

const folder = new URL("fixtures/pytorch/", import.meta.url);
const file = (name: string): Buffer => readFileSync(new URL(name, folder));
const expected: Record<string, Expected> = JSON.parse(String(file("expected.json")));

const numbers = (base64: string): Float32Array => {
  const { buffer, byteOffset, length } = Buffer.from(base64, "base64");
  return new Float32Array(buffer.slice(byteOffset, byteOffset + length));
};

/** The largest difference between two lists of numbers. */
const distance = (a: Float32Array, b: Float32Array): number => {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
};

describe("what PyTorch wrote", () => {
  test.each(Object.entries(expected))("%s: every bit of every tensor", (name, { path, stripped, skipped, tensors }) => {
    const found = read(file(name), { skipUnsupported: true });
    expect([found.path, found.stripped, found.skipped]).toEqual([path, stripped, skipped]);
    expect(Object.keys(found.stateDict)).toEqual(Object.keys(tensors));
    expect(Object.getPrototypeOf(found.stateDict)).toBe(null);
    for (const [key, { shape, bits: want }] of Object.entries(tensors)) {
      const tensor = found.stateDict[key] as Tensor;
      expect(tensor).toBeInstanceOf(Tensor);
      expect(tensor.shape, key).toEqual(shape);
      expect(bits(tensor), key).toEqual(bits(numbers(want)));
    }
    expect(load(file(name), { skipUnsupported: true })).toEqual(found.stateDict);
    if (skipped.length > 0) refuses(() => load(file(name)), "FILE", `"${skipped[0]}" is a tensor of dtype long`);
  });

  test("a state dict goes straight into an LSTM, whatever was around it", () => {
    const lstm = LSTM.fromStateDict(load(file("float32.pt")));
    expect([lstm.inputSize, lstm.hiddenSize, lstm.numLayers, lstm.bidirectional]).toEqual([3, 4, 2, true]);
    for (const name of ["nested.pt", "policy.zip", "deflated.pt", "big.pt"]) {
      expect(LSTM.fromStateDict(load(file(name))).stateDict(), name).toEqual(lstm.stateDict());
    }
    const options = { skipUnsupported: true };
    for (const name of ["parallel.pt", "compiled.pt", "both.pt", "part.pt", "checkpoint.pt", "protocol4.pt"]) {
      expect(LSTM.fromStateDict(load(file(name), options), { prefix: "lstm." }).hiddenSize, name).toBe(4);
    }
    expect(LSTM.fromStateDict(load(file("lightning.ckpt")), { prefix: "model." }).stateDict()).toEqual(
      lstm.stateDict(),
    );
  });

  test("24 views of one storage, as cuDNN lays out an LSTM: PyTorch's outputs", () => {
    const lstm = LSTM.fromStateDict(load(file("flat.pt")), { prefix: "lstm." });
    const [output] = lstm.forward(new Tensor(wave(7 * 2 * 6), [7, 2, 6]));
    expect(distance(output.data, numbers(expected["flat.pt"]?.output as string))).toBeLessThan(1e-6);
  });

  /** The file that this is a part of, 18 MB: fixtures/pytorch/generate.py says where it comes from. */
  const real = new URL("../target/fixtures/bilstm_best.pt", import.meta.url);
  test.skipIf(!existsSync(real))("arabic-diacritizer's own file: PyTorch's outputs", () => {
    const dict = load(readFileSync(real));
    expect(Object.keys(dict)).toHaveLength(30);
    const lstm = LSTM.fromStateDict(dict, { prefix: "lstm." });
    const [output, [hn, cn]] = lstm.forward(new Tensor(wave(4 * 128), [4, 1, 128]));
    const want: Record<"output" | "hn" | "cn", string> = JSON.parse(String(file("arabic.json")));
    expect(distance(output.data, numbers(want.output))).toBeLessThan(1e-5);
    expect(distance(hn.data, numbers(want.hn))).toBeLessThan(1e-5);
    expect(distance(cn.data, numbers(want.cn))).toBeLessThan(1e-5);
  });

  test("tied weights are one Tensor", () => {
    const dict = load(file("tied.pt"), { skipUnsupported: true });
    expect(dict["head.weight"]).toBe(dict["embedding.weight"]);
  });

  test("several state dicts: one is chosen by its key", () => {
    const several = file("several.pt");
    refuses(() => load(several), "FILE", 'several state dicts: "encoder", "decoder". Choose one', '{ key: "encoder" }');
    expect(GRU.fromStateDict(load(several, { key: "encoder" })).hiddenSize).toBe(3);
    expect(LSTM.fromStateDict(load(several, { key: "decoder" })).hiddenSize).toBe(4);
    expect(read(several, { key: "decoder" }).path).toEqual(["decoder"]);
    refuses(() => load(several, { key: "steps" }), "FILE", 'The file\'s "steps" is a number, no state dict');
    refuses(() => load(several, { key: "x" }), "FILE", 'key is "x"; the file has "encoder", "decoder", "steps"');
  });

  test("bytes of every kind, at any offset, and none is changed or kept", async () => {
    const bytes = new Uint8Array(file("float32.pt"));
    const want = load(bytes);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    const inputs = [bytes.buffer, shifted.subarray(3), new DataView(shifted.buffer, 3), shared, shared.buffer];
    for (const input of [...inputs, await new Blob([bytes]).arrayBuffer()]) expect(load(input)).toEqual(want);
    bytes.fill(0);
    expect(load(shared)).toEqual(want);
  });
});

describe("what is refused, and how it is saved so that it is read", () => {
  test.each<[string, ...string[]]>([
    [
      "whole.pt",
      "The file is a whole __main__.Tagger",
      'torch.save(torch.load(path, weights_only=False).state_dict(), "new.pt")',
    ],
    ["whole-inside.pt", 'The file\'s "model" is a whole __main__.Tagger', 'weights_only=False)["model"].state_dict()'],
    ["old.pt", "from before PyTorch 1.6", 'torch.save(torch.load(path, map_location="cpu"), "new.pt")'],
    ["script.pt", "TorchScript", "torch.save(torch.jit.load(path).state_dict()"],
    ["optimizer.pt", 'The file has no tensors, got "state", "param_groups"'],
    ["tensor.pt", "The file is a tensor of dtype float, no state dict", "torch.save(model.state_dict()"],
    ["integers.pt", '"b" is a tensor of dtype long', "skipUnsupported"],
    ["float8.pt", '"a" is a tensor of dtype float8_e4m3fn'],
    ["conjugate.pt", '"a" is a tensor of dtype float, conjugated or negated'],
  ])("%s", (name, ...parts) => {
    refuses(() => load(file(name)), "FILE", ...parts);
  });

  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), 'must begin with "PK"'],
    ["a page", Buffer.from("<!DOCTYPE html>"), 'got "<!DOCTYPE html>"'],
    ["safetensors", Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 123]), 'load of "lstm-wasm/safetensors" reads that'],
    ["a pickle", Buffer.from([0x80, 4, 0x95]), "This pickle is not torch.save's"],
    ["a tar archive", Buffer.concat([Buffer.alloc(257), Buffer.from("ustar")]), "from before PyTorch 1.6"],
    ["a zip archive's beginning", Buffer.from("PK\x03\x04"), "it is no valid zip archive"],
  ])("%s", (_, bytes, part) => {
    refuses(() => load(bytes), "FILE", part);
  });

  test("options and bytes of the wrong kind", () => {
    refuses(() => load(3 as never), "FILE", "bytes must be a Uint8Array", "got 3");
    refuses(() => load(file("float32.pt"), { keys: "a" } as never), "OPTION", "unknown option keys");
    refuses(() => load(file("float32.pt"), { key: 1 } as never), "OPTION", "key must be a string, got 1");
    refuses(() => load(file("float32.pt"), { skipUnsupported: 1 } as never), "OPTION", "skipUnsupported");
  });
});
