/**
 * Files that are no safetensors files, or are made to be slow; and weights that PyTorch tied.
 * `FUZZ_SECONDS=600 npx vitest run test/safetensors-hostile.test.ts -t mutated` fuzzes for ten minutes, from another seed.
 */
import { gzipSync } from "node:zlib";
import { LSTM, Tensor } from "lstm-wasm";
import { load, loadMetadata, save } from "lstm-wasm/safetensors";
import { describe, expect, test } from "vitest";
import { FUZZ_TIMEOUT, fuzz, joined, mutated, takenBy } from "./support/mutate.js";
import { refuses, thrown } from "./support/refusal.js";

/** A file of this header and this much data. */
function file(header: string, data = 0): Uint8Array {
  const head = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  return Buffer.concat([length, head, Buffer.alloc(data)]);
}

const F32 = (begin: number) => `{"dtype":"F32","shape":[1],"data_offsets":[${begin},${begin + 4}]}`;

describe("what it is instead", () => {
  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat([
      ...parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))),
      Buffer.alloc(300),
    ]);
  const zip = (name: string) =>
    bytes(
      "PK",
      [3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 33, 0, 1, 2, 3, 4, 80, 0, 0, 0, 80, 0, 0, 0, name.length, 0, 0, 0],
      name,
    );
  test.each<[string, Uint8Array, string]>([
    [".npz", zip("weight_ih_l0.npy"), 'a NumPy .npz file; loadNpz of "lstm-wasm/npy" reads it'],
    [".pt", zip("archive/data.pkl"), 'a file of torch.save; load of "lstm-wasm/pytorch" reads it'],
    [".pt before PyTorch 1.6", bytes([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]), "a file of torch.save"],
    ["a pickled dict", bytes([0x80, 4, 0x95, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0x7d]), "a file of torch.save"],
    [".h5", bytes([0x89], "HDF\r\n", [0x1a], "\n"), "an HDF5 file"],
    [".npy", bytes([0x93], "NUMPY", [1, 0, 118, 0], "{'descr': '<f4'"), "a NumPy .npy file"],
    [".gz", gzipSync(save({ a: [1, 2] })), 'new DecompressionStream("gzip")'],
    [".zst", bytes([0x28, 0xb5, 0x2f, 0xfd, 4, 0x58, 1, 0]), "zstd data"],
    [".onnx", bytes([8, 8, 0x12, 7], "pytorch", [0x1a, 5], "2.3.0"), "an ONNX file"],
    [".gguf", bytes("GGUF", [3, 0, 0, 0]), "a GGUF file"],
    [
      "an index of shards",
      bytes('{\n  "metadata": {"total_size": 1}, "weight_map": {}}'),
      "JSON text, perhaps the index of",
    ],
    ["a web page", bytes("<!DOCTYPE html><title>404</title>"), "look at the response's status"],
    ["a web page after a line break", bytes("\n<html>Not Found"), "a web page"],
    ["an LFS pointer", bytes("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"],
  ])("%s", (_, content, part) => {
    for (const read of [load, loadMetadata]) {
      refuses(() => read(content), "FILE", "Not a valid safetensors file: ", "It looks like", part);
    }
  });

  test("of less than 8 bytes", () => {
    refuses(() => load(Buffer.from("<p>404")), "FILE", "it has 6 bytes", "a web page");
  });

  test("a true header that was cut off is taken for nothing else, whatever its length begins with", () => {
    for (let length = 8; length < 0x10000; length += 8) {
      const cut = new Uint8Array(20);
      new DataView(cut.buffer).setUint32(0, length, true);
      cut[8] = 0x7b;
      const { message } = thrown(() => load(cut)) as Error;
      if (/looks like/.test(message)) expect.fail(`${length}: ${message}`);
    }
  });
});

describe("time and memory are bounded by what was read", () => {
  /** Milliseconds of the processor, the least of five: other programs run beside the tests. */
  const time = (bytes: Uint8Array): number => {
    const times = Array.from({ length: 5 }, () => {
      const begin = process.cpuUsage();
      expect(thrown(() => load(bytes))).toMatchObject({ code: "FILE" });
      return process.cpuUsage(begin).user / 1000;
    });
    return Math.min(...times);
  };
  const million = (text: string): string => text.repeat(1e6);

  test.each<[string, string]>([
    ["brackets", `{"a":${million("[")}`],
    ["braces", `{"a":${million('{"":')}`],
    ["brackets in a shape", `{"a":{"dtype":"F32","shape":${million("[")}`],
    ["tensors that are none", `{${million('"":0,')}"":0}`],
  ])("a million %s end at the first that is too many", (_, header) => {
    const whole = file(header);
    const short = file(header.slice(0, 10_000));
    time(short);
    // A hundred times as many bytes and more, and none of them is read.
    expect(time(whole)).toBeLessThan(20 * Math.max(time(short), 1));
  });

  test.each<[string, (count: number) => string]>([
    [
      "tensors",
      (n) => Array.from({ length: n }, (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join(),
    ],
    ["notes", (n) => `"__metadata__":{${Array.from({ length: n }, (_, i) => `"${i}":""`).join()}}`],
    ["unknown fields", (n) => `"a":{${Array.from({ length: n }, (_, i) => `"${i}":[[],{}]`).join()}}`],
    ["escapes", (n) => `"${"\\u00e9".repeat(n)}":0`],
  ])("of %s, linear", (_, members) => {
    const [few, many] = [file(`{${members(5000)}}x`), file(`{${members(40_000)}}x`)];
    time(few);
    // Eight times as many; quadratic were 64 times as long.
    expect(time(many)).toBeLessThan(32 * Math.max(time(few), 2));
  });
});

test("mutated files are taken for what they are or refused", { timeout: FUZZ_TIMEOUT }, async () => {
  const dict = new LSTM({ inputSize: 2, hiddenSize: 2, seed: 1 }).stateDict();
  const files = [
    ...(["F32", "F16", "BF16"] as const).map((dtype) => save(dict, {}, { dtype })),
    save({ "": [[]], 名: [1, 2], b: Tensor.zeros([2, 0, 3]) }, { format: "pt", "\u{1f600}": "名" }),
  ];
  const headers = files.map((bytes) => bytes.subarray(8, 8 + (bytes[0] as number) + 256 * (bytes[1] as number)));
  /** A file of a header that was mutated, whose length fits. */
  const ofHeader = (random: () => number) => {
    const i = Math.floor(random() * files.length);
    const header = mutated(random, [headers[i] as Uint8Array]);
    const length = new Uint8Array(BigUint64Array.of(BigInt(header.length)).buffer);
    return joined(length, header, (files[i] as Uint8Array).subarray(8 + (headers[i] as Uint8Array).length));
  };
  const outcome = (bytes: Uint8Array) =>
    takenBy(() => {
      const tensors = Object.values(load(bytes, { skipUnsupported: true }));
      for (const { data, shape } of tensors) if (data.length !== shape.reduce((a, b) => a * b, 1)) return expect.fail();
      expect(tensors.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(bytes.length);
      return true;
    }, 3000);
  const source = (random: () => number) => (random() < 0.3 ? mutated(random, files) : ofHeader(random));
  const { rounds, taken } = await fuzz(10_000, source, outcome);
  expect(taken).toBeGreaterThan(rounds / 100); // most of what is changed in a header breaks it
  expect(taken).toBeLessThan(rounds);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

describe("tied weights, as safetensors.torch.save_model writes them", () => {
  const tied = () =>
    file(`{"__metadata__":{"format":"pt","decoder.weight":"encoder.weight"},"encoder.weight":${F32(0)}}`, 4);

  test("come back under every name, as one Tensor", () => {
    const dict = load(tied());
    expect(Object.keys(dict)).toEqual(["encoder.weight", "decoder.weight"]);
    expect(dict["decoder.weight"]).toBe(dict["encoder.weight"]);
    expect({ ...loadMetadata(tied()) }).toEqual({ format: "pt", "decoder.weight": "encoder.weight" });
  });

  test("two directions of an LSTM that share their weights load strictly", () => {
    const lstm = new LSTM({ inputSize: 2, hiddenSize: 3, bidirectional: true, seed: 1 });
    const whole = lstm.stateDict();
    const kept = Object.fromEntries(Object.entries(whole).filter(([name]) => !name.endsWith("_reverse")));
    const notes = Object.fromEntries(Object.keys(kept).map((name) => [`${name}_reverse`, name]));
    const loaded = LSTM.fromStateDict(load(save(kept, notes)));
    expect(loaded.bidirectional).toBe(true);
    expect(loaded.stateDict().weight_hh_l0_reverse).toEqual(kept.weight_hh_l0);
  });

  test("metadata that names no tensor, or a tensor that is there, changes nothing", () => {
    const dict = load(save({ a: [1], b: [2] }, { a: "b", c: "nothing", format: "pt", b: "toString" }));
    expect(Object.keys(dict)).toEqual(["a", "b"]);
    expect(dict.a?.toArray()).toEqual([1]);
  });
});

test("what save returns goes into a Blob and a Response as it is, by its type too", async () => {
  const bytes: Uint8Array<ArrayBuffer> = save({ a: Tensor.zeros([2]) });
  expect(new Blob([bytes]).size).toBe(bytes.length);
  expect(load(await new Response(bytes).arrayBuffer()).a?.size).toBe(2);
});

test("options of load are checked", () => {
  const bytes = save({ a: [1] });
  refuses(() => load(bytes, { skipUnsuported: true } as never), "OPTION", "unknown option skipUnsuported");
  refuses(() => load(bytes, { skipUnsupported: 1 } as never), "OPTION", "skipUnsupported must be true or false");
});
