/** Files that NumPy 2.4 wrote (fixtures/npy/generate.py), and that it reads. */
import { readFileSync } from "node:fs";
import { unzipSync, zipSync } from "fflate";
import { GRU, LSTM, Tensor } from "lstm-wasm";
import { loadNpy, loadNpz, saveNpy, saveNpz } from "lstm-wasm/npy";
import { describe, expect, test } from "vitest";
import { FUZZ_TIMEOUT, fuzz, mutated, takenBy, withoutChecksums } from "./support/mutate.js";
import { bits, refuses, rejects } from "./support/refusal.js";

interface Case {
  readonly name: string;
  readonly file: string;
  readonly shape: number[];
  readonly values: string | null;
}

const recorded: { arrays: Case[]; archives: Case[]; entries: Case[] } = JSON.parse(
  readFileSync(new URL("fixtures/npy/cases.json", import.meta.url), "utf8"),
);
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, "base64"));
const floats = (base64: string): Float32Array => new Float32Array(bytesOf(base64).buffer as ArrayBuffer);
/** The bits, but for those of NaN, which have no meaning. */
const bitsOf = (values: Float32Array) => bits(values.map((value) => (Number.isNaN(value) ? Number.NaN : value)));

describe(".npy", () => {
  test.each(recorded.arrays.filter(({ values }) => values !== null))("$name", ({ file, shape, values }) => {
    const tensor = loadNpy(bytesOf(file));
    expect(tensor).toBeInstanceOf(Tensor);
    expect(tensor.shape).toEqual(shape);
    expect(bitsOf(tensor.data)).toEqual(bitsOf(floats(values as string)));
  });

  test.each(recorded.arrays.filter(({ values }) => values === null))("$name: refused", ({ name, file }) => {
    const part = name.includes("float32 has not") ? "counted from 0, is none that float32 has" : "The file is ";
    refuses(() => loadNpy(bytesOf(file)), "FILE", part);
  });

  test("integers are refused on request, floats are not", () => {
    for (const { name, file } of recorded.arrays.filter(({ values }) => values !== null)) {
      const read = () => loadNpy(bytesOf(file), { integers: false });
      if (/integers|bool/.test(name)) refuses(read, "FILE", "float16, float32 and float64 are read");
      else expect(read().shape.length, name).toBeLessThan(4);
    }
  });

  test("saveNpy writes what np.save writes", () => {
    const written = recorded.arrays.filter(({ name }) =>
      /^(float32 <|rows|a scalar|nothing|one dimension|a long)/.test(name),
    );
    expect(written).toHaveLength(6);
    for (const { name, file, shape, values } of written) {
      const array = { data: floats(values as string), shape };
      expect(Buffer.compare(saveNpy(array), bytesOf(file)), name).toBe(0);
    }
    const long = saveNpy({ data: new Float32Array(), shape: [0, ...Array(63).fill(1234567890)] });
    expect(loadNpy(long).shape).toHaveLength(64);
    expect(long.length % 64).toBe(0);
  });

  const npy = (header: string, data = 0, ...version: number[]) => {
    const [major = 1] = version;
    return Buffer.concat([
      Buffer.from(`\x93NUMPY${String.fromCharCode(major)}\0`, "latin1"),
      Buffer.from([header.length & 255, header.length >> 8]),
      Buffer.from(header),
      Buffer.alloc(data),
    ]);
  };
  test.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "must begin with"],
    ["a page", Buffer.from("<!DOCTYPE html>"), "must begin with"],
    ["a beginning", Buffer.from("\x93NUMPY\x01", "latin1"), "its header is too long (a truncated file?)"],
    ["a header beyond the file", npy("{}").fill(255, 8, 10), "its header is too long"],
    ["an empty header", npy("{}"), "no order or no shape"],
    ["too few bytes", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 11), "[3] takes 12 bytes, got 11"],
    [
      "too many bytes",
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 13),
      "[3] takes 12 bytes, got 13",
    ],
    [
      "a size that overflows",
      npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (${"9".repeat(400)}, 0)}`),
      "its shape",
    ],
    [
      "sizes that overflow",
      npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (${"99999999999, ".repeat(30)})}`),
      "its shape",
    ],
    [
      "65 dimensions",
      npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (${"1, ".repeat(65)})}`, 4),
      "more than 64 dimensions",
    ],
    [
      "a header of much white space",
      npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (${" ".repeat(9000)}x`),
      "no shape",
    ],
  ])("%s", (_, bytes, part) => {
    refuses(() => loadNpy(bytes), "FILE", part);
  });

  test("sizes as Python 2 wrote them", () => {
    expect(loadNpy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 1L), }", 8)).shape).toEqual([2, 1]);
  });
});

describe(".npz", () => {
  test.each(recorded.archives)("of $name", async ({ file }) => {
    const arrays = await loadNpz(bytesOf(file));
    expect(Object.getPrototypeOf(arrays)).toBe(null);
    expect(Object.keys(arrays)).toEqual(recorded.entries.map(({ name }) => name));
    for (const { name, shape, values } of recorded.entries) {
      expect(arrays[name]?.shape, name).toEqual(shape);
      expect(bitsOf((arrays[name] as Tensor).data), name).toEqual(bitsOf(floats(values as string)));
    }
  });

  test("saveNpz: the entries are what np.save writes", async () => {
    const [weight] = recorded.entries as [Case];
    const entry = unzipSync(
      await saveNpz({ "lstm.weight_ih_l0": { data: floats(weight.values as string), shape: weight.shape } }),
    );
    expect(Object.keys(entry)).toEqual(["lstm.weight_ih_l0.npy"]);
    expect(Buffer.compare(entry["lstm.weight_ih_l0.npy"] as Uint8Array, bytesOf(weight.file))).toBe(0);
  });

  test("a round trip keeps every bit of every parameter, NaN and -0 too, under every name", async () => {
    const odd = Float32Array.from([Number.NaN, -0, 1e-45, Infinity, -1 / 3]);
    const names = ["__proto__", "constructor", "a/b.c", "", "权重", "\u{1f600}"];
    const dict = Object.assign(
      Object.create(null),
      new LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 2, seed: 1 }).stateDict(),
    );
    for (const name of names) dict[name] = new Tensor(odd, [5, 1]);
    const bytes = await saveNpz(dict);
    expect(Buffer.compare(bytes, await saveNpz(dict))).toBe(0);
    const back = await loadNpz(bytes);
    expect(Object.keys(back)).toEqual(Object.keys(dict));
    for (const [name, tensor] of Object.entries(dict)) {
      expect(back[name]?.shape).toEqual((tensor as Tensor).shape);
      expect(bits(back[name] as Tensor)).toEqual(bits(tensor as Tensor));
    }
    expect(({} as { data?: unknown }).data).toBe(undefined);
    const gru = new GRU({ inputSize: 2, hiddenSize: 3, bidirectional: true, seed: 2 });
    expect(GRU.fromStateDict(await loadNpz(await saveNpz(gru.stateDict()))).stateDict()).toEqual(gru.stateDict());
  });

  test("what is refused, or left out on request", async () => {
    const text = bytesOf(recorded.arrays.find(({ name }) => name === "text")?.file as string);
    const mixed = zipSync({ "a.npy": saveNpy([1]), "b.npy": text, "readme.txt": new Uint8Array(3) });
    await rejects(
      loadNpz(mixed),
      "FILE",
      `Array "b" is 'descr': '<U2'; float16, float32 and float64 are read, and integers`,
    );
    expect(Object.keys(await loadNpz(mixed, { skipUnsupported: true }))).toEqual(["a"]);
    await rejects(loadNpz(zipSync({ "a.txt": text })), "FILE", "it has no arrays");
    await rejects(loadNpz(saveNpy([1])), "FILE", "Not a valid .npz file: it is no valid zip archive");
    await rejects(loadNpz(3 as never), "FILE", "bytes must be");
    await rejects(loadNpz(mixed, { skip: true } as never), "OPTION", "unknown option skip");
    refuses(() => loadNpy(saveNpy([1]), { integers: 1 } as never), "OPTION", "integers must be true or false");
    await rejects(saveNpz([] as never), "FILE", "dict must be a plain object");
    await rejects(saveNpz({ "a\ud800": [1] }), "FILE", "lone surrogate");
    await rejects(saveNpz({ ["a".repeat(20_000)]: [1] }), "FILE", "more than 10000 characters");
    await rejects(saveNpz({ a: new Float64Array(1) as never }), "DTYPE", 'dict["a"]');
    refuses(() => saveNpy("a" as never), "DTYPE", "tensor");
  });

  test("a bit of a number that has changed is no other number", async () => {
    for (const level of [0, 9] as const) {
      const good = zipSync({ "a.npy": saveNpy(new Float32Array(100)) }, { level });
      const begin = 30 + "a.npy".length;
      const end = Buffer.from(good).indexOf("PK\x01\x02", undefined, "latin1");
      for (let at = begin; at < end; at++) {
        const changed = Uint8Array.from(good);
        changed[at] = (changed[at] as number) ^ 128;
        const read = loadNpz(changed);
        // What is deflated ends within a byte: the rest of that has no meaning.
        if (level > 0 && at === end - 1) expect((await read).a?.data).toEqual(new Float32Array(100));
        else await rejects(read, "FILE", 'its entry "a.npy"');
      }
    }
  });

  test("an entry that unpacks to more or fewer bytes than the archive told", async () => {
    for (const [told, part] of [
      [0, "more than 0 bytes"],
      [100, "more than 100 bytes"],
      [10_000, "must have 10000 bytes, got 4128"],
      [2 ** 27, "a zip bomb?"],
    ] as const) {
      const bytes = zipSync({ "a.npy": saveNpy(new Float32Array(1000)) }, { level: 9 });
      new DataView(bytes.buffer).setUint32(bytes.length - 22 - (46 + "a.npy".length) + 24, told, true);
      await rejects(loadNpz(bytes), "FILE", part);
    }
  });

  test("an archive with zip64 fields, and with a comment", async () => {
    const bytes = zip64(saveNpy([1, 2]));
    expect((await loadNpz(bytes)).a?.toArray()).toEqual([1, 2]);
    const comment = Buffer.alloc(40_000);
    expect((await loadNpz(Buffer.concat([bytes, comment]))).a?.toArray()).toEqual([1, 2]);
    await rejects(loadNpz(Buffer.concat([bytes, comment, comment])), "FILE", "it has no directory");
  });
});

/** An archive of `a.npy` as programs write it that expect more than 4 GiB: each number stands in its zip64 field. */
function zip64(content: Uint8Array): Uint8Array {
  const name = Buffer.from("a.npy");
  const fields = (...values: [bytes: 2 | 4 | 8, value: number][]) =>
    Buffer.concat(
      values.map(([bytes, value]) => {
        const field = Buffer.alloc(bytes);
        field.writeUIntLE(value, 0, Math.min(bytes, 6));
        return field;
      }),
    );
  const all = 0xffffffff;
  const start = fields([4, 0x04034b50], [2, 45], [2, 0], [2, 0], [4, 0], [4, 0], [4, all], [4, all], [2, 5], [2, 0]);
  const local = Buffer.concat([start, name, content]);
  const extra = fields([2, 0x5455], [2, 1], [2, 0]).subarray(0, 5); // of another kind, to be passed over
  const sizes = fields([2, 1], [2, 24], [8, content.length], [8, content.length], [8, 0]);
  const head = fields([4, 0x02014b50], [2, 45], [2, 45], [2, 0], [2, 0], [4, 0], [4, 0], [4, all], [4, all], [2, 5]);
  const tail = fields([2, extra.length + sizes.length], [2, 0], [2, 0], [2, 0], [4, 0], [4, all]);
  const entry = Buffer.concat([head, tail, name, extra, sizes]);
  const directory = fields([8, 1], [8, 1], [8, entry.length], [8, local.length]);
  const end64 = Buffer.concat([fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0]), directory]);
  const locator = fields([4, 0x07064b50], [4, 0], [8, local.length + entry.length], [4, 1]);
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, 0xffff], [2, 0xffff], [4, all], [4, all], [2, 0]);
  return Buffer.concat([local, entry, end64, locator, end]);
}

test("mutated files are taken for what they are or refused", { timeout: FUZZ_TIMEOUT }, async () => {
  const arrays = recorded.arrays.map(({ file }) => bytesOf(file));
  const whole = [...recorded.archives.map(({ file }) => bytesOf(file)), await saveNpz({ a: [1, 2], b: [[3]] })];
  const archives = [...whole, ...whole.map(withoutChecksums)];
  const outcome = (bytes: Uint8Array): Promise<boolean> =>
    takenBy(async () => {
      const isZip = bytes[0] === 0x50;
      const found = isZip ? Object.values(await loadNpz(bytes, { skipUnsupported: true })) : [loadNpy(bytes)];
      for (const { data, shape } of found) if (data.length !== shape.reduce((a, b) => a * b, 1)) return expect.fail();
      return found.length > 0;
    }, 3000);
  const { rounds, taken } = await fuzz(
    20_000,
    (random) => mutated(random, random() < 0.5 ? arrays : archives),
    outcome,
  );
  expect(taken).toBeGreaterThan(rounds / 20);
  expect(taken).toBeLessThan(rounds);
});
