import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LSTMError } from "../ts/checks/errors.js";
import { load, loadMetadata, save } from "../ts/formats/safetensors.js";
import { Tensor } from "../ts/tensor/tensor.js";

/** Files written by Python's safetensors 0.8.0. */
const REFERENCE = {
  /** Float32 under awkward names, metadata { format: "pt" }. */
  plain: bytesOf(
    "yAIAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCJ9LCIiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldH" +
      "MiOlswLDRdfSwiX19wcm90b19fIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbNCw4XX0sImJpYXNfaGhfbDAi" +
      "OnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOls4LDE2XX0sImNvbnN0cnVjdG9yIjp7ImR0eXBlIjoiRjMyIiwic2" +
      "hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbMTYsMjBdfSwiZW1wdHkiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzAsM10sImRhdGFfb2Zmc2V0" +
      "cyI6WzIwLDIwXX0sInFcIlxcXG5cdTAwMDF/4oCoLyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzIwLDI0XX" +
      "0sInNjYWxhciI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpbMjQsMjhdfSwid2VpZ2h0X2loX2wwIjp7ImR0eXBl" +
      "IjoiRjMyIiwic2hhcGUiOlsyLDJdLCJkYXRhX29mZnNldHMiOlsyOCw0NF19LCLmnYPph40iOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzFdLC" +
      "JkYXRhX29mZnNldHMiOls0NCw0OF19LCLvvIEiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOls0OCw1Ml19LCLw" +
      "n5iAIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbNTIsNTZdfX0gICAgAACAPwAAAEAAAACAAACAfwAAQEAAAA" +
      "BBAADoQAAAgD8AACDA5rFhfwEAAAAAAIBAAADAQAAAoEA=",
  ),
  /** F64, F32, BF16 and F16. */
  mixed: bytesOf(
    "8AAAAAAAAAB7ImRvdWJsZSI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbMiwyXSwiZGF0YV9vZmZzZXRzIjpbMCwzMl19LCJzaW5nbGUiOnsiZH" +
      "R5cGUiOiJGMzIiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOlszMiwzNl19LCJicmFpbiI6eyJkdHlwZSI6IkJGMTYiLCJzaGFwZSI6WzNd" +
      "LCJkYXRhX29mZnNldHMiOlszNiw0Ml19LCJoYWxmIjp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOls1XSwiZGF0YV9vZmZzZXRzIjpbNDIsNTJdfX" +
      "2amZmZmZm5P5x1AIg85Dd+AAAAEAAA8D9hVSwkzkRits3MzD3AP/fCAQAAPv/7AQAAfAB+",
  ),
  /** I64, F32, F4 and BOOL. */
  unreadable: bytesOf(
    "KAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJhIjoiMSIsImIiOiLDvCJ9LCJibi5udW1fYmF0Y2hlc190cmFja2VkIjp7ImR0eXBlIjoiSTY0Ii" +
      "wic2hhcGUiOltdLCJkYXRhX29mZnNldHMiOlswLDhdfSwiYm4ud2VpZ2h0Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZz" +
      "ZXRzIjpbOCwxNl19LCJwYWNrZWQ0Ijp7ImR0eXBlIjoiRjQiLCJzaGFwZSI6WzEsNF0sImRhdGFfb2Zmc2V0cyI6WzE2LDE4XX0sIm1hc2siOn" +
      "siZHR5cGUiOiJCT09MIiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMTgsMjFdfX0gICAgIAMAAAAAAAAAAACAPwAAAEABAgEAAQ==",
  ),
};

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

/** A file of this header, as text, bytes or an object, and this much data. */
function file(header: string | Uint8Array | object, data: Uint8Array | number = 0): Uint8Array {
  const text = header instanceof Uint8Array || typeof header === "string" ? header : JSON.stringify(header);
  const head = Buffer.from(text as string);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  return new Uint8Array(Buffer.concat([length, head, typeof data === "number" ? Buffer.alloc(data) : data]));
}

const f32 = (shape: unknown, data_offsets: unknown, dtype: unknown = "F32") => ({ dtype, shape, data_offsets });

/** A file of one tensor named "a". */
function one(dtype: string, shape: number[], data: ArrayBufferView): Uint8Array {
  return file({ a: f32(shape, [0, data.byteLength], dtype) }, new Uint8Array(data.buffer));
}

function failure(run: () => unknown): LSTMError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(LSTMError);
    return error as LSTMError;
  }
  throw new Error("expected an error");
}

/** Name, shape and bits of each tensor: what must survive, NaN payloads and signs of zero included. */
function contents(dict: Record<string, Tensor>): [string, readonly number[], number[]][] {
  return Object.entries(dict)
    .map(([name, { data, shape }]): [string, readonly number[], number[]] => [
      name,
      shape,
      [...new Uint32Array(data.buffer, data.byteOffset, data.length)],
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("files of the reference implementation", () => {
  const names = ["", "__proto__", "bias_hh_l0", "constructor", "empty", 'q"\\\n\x01\x7f\u2028/', "scalar"];
  names.push("weight_ih_l0", "权重", "\uff01", "\u{1f600}");

  test("load: values, shapes and names", () => {
    const dict = load(REFERENCE.plain);
    expect(Object.keys(dict)).toEqual(names);
    expect(Object.getPrototypeOf(dict)).toBe(null);
    expect(dict.weight_ih_l0).toBeInstanceOf(Tensor);
    expect(dict.weight_ih_l0?.shape).toEqual([2, 2]);
    expect([...(dict.weight_ih_l0?.data ?? [])]).toEqual([1, -2.5, 3e38, 1e-45].map(Math.fround));
    expect([...(dict.bias_hh_l0?.data ?? [])]).toEqual([-0, Infinity]);
    expect(dict.scalar).toMatchObject({ shape: [], data: new Float32Array([7.25]) });
    expect(dict.empty).toMatchObject({ shape: [0, 3], data: new Float32Array() });
    expect(["", "__proto__", "constructor", "权重", "\u{1f600}", "\uff01"].map((name) => dict[name]?.data[0])).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
  });

  test("save writes the same bytes, whatever the order of the object", () => {
    const reversed = Object.fromEntries(Object.entries(load(REFERENCE.plain)).reverse());
    expect(save(reversed, { format: "pt" })).toEqual(REFERENCE.plain);
    expect(Object.keys(load(save(reversed)))).toEqual(names);
  });

  test("an empty file", () => {
    const bytes = new Uint8Array([8, 0, 0, 0, 0, 0, 0, 0, 123, 125, 32, 32, 32, 32, 32, 32]);
    expect(save({})).toEqual(bytes);
    expect(Object.keys(load(bytes))).toEqual([]);
  });

  test("F16, BF16 and F64 read as float32", () => {
    const dict = load(REFERENCE.mixed);
    expect([...(dict.half?.data ?? [])]).toEqual([1.5, -65504, 2 ** -24, Infinity, NaN]);
    expect([...(dict.brain?.data ?? [])]).toEqual([1.5, -123.5, 2 ** -133]);
    expect([...(dict.double?.data ?? [])]).toEqual([Math.fround(0.1), Infinity, 1, -0]);
    expect(dict.double?.shape).toEqual([2, 2]);
    expect([...(dict.single?.data ?? [])]).toEqual([Math.fround(0.1)]);
  });

  test("another dtype is an error that names the way out, or is left out", () => {
    const error = failure(() => load(REFERENCE.unreadable));
    expect(error.code).toBe("FILE");
    expect(error.message).toBe(
      'Tensor "bn.num_batches_tracked" is I64; load reads F32, F16, BF16 and F64. Convert it with .float() in PyTorch ' +
        "before saving, or leave such tensors out with load(bytes, { skipUnsupported: true })",
    );
    expect(failure(() => load(REFERENCE.unreadable, { skipUnsupported: false })).code).toBe("FILE");
    const dict = load(REFERENCE.unreadable, { skipUnsupported: true });
    expect(Object.keys(dict)).toEqual(["bn.weight"]);
    expect([...(dict["bn.weight"]?.data ?? [])]).toEqual([1, 2]);
  });

  test("loadMetadata", () => {
    expect({ ...loadMetadata(REFERENCE.plain) }).toEqual({ format: "pt" });
    expect({ ...loadMetadata(REFERENCE.unreadable) }).toEqual({ a: "1", b: "ü" });
    expect({ ...loadMetadata(REFERENCE.mixed) }).toEqual({});
    expect({ ...loadMetadata(file({ __metadata__: null })) }).toEqual({});
    const odd = loadMetadata(file('{"__metadata__":{"__proto__":"x","constructor":"y"}}'));
    expect(Object.getPrototypeOf(odd)).toBe(null);
    expect(Object.entries(odd)).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  });
});

describe("input bytes", () => {
  const expected = contents(load(REFERENCE.plain));

  test("every kind of buffer, at every alignment", () => {
    const { plain } = REFERENCE;
    for (let offset = 0; offset < 9; offset++) {
      const larger = new Uint8Array(plain.length + 20).fill(255);
      larger.set(plain, offset);
      expect(contents(load(larger.subarray(offset, offset + plain.length)))).toEqual(expected);
      expect(contents(load(new DataView(larger.buffer, offset, plain.length)))).toEqual(expected);
      expect(contents(load(Buffer.from(larger.buffer, offset, plain.length)))).toEqual(expected);
    }
    expect(contents(load(plain.slice().buffer))).toEqual(expected);
    const shared = new SharedArrayBuffer(plain.length);
    new Uint8Array(shared).set(plain);
    for (const { data } of Object.values(load(shared))) expect(data.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test("a data section off the grid of 4 bytes, and tensors in any order", () => {
    for (let pad = 0; pad < 8; pad++) {
      const header =
        JSON.stringify({ b: f32([1], [4, 8]), z: f32([0], [4, 4]), a: f32([1], [0, 4]) }) + " ".repeat(pad);
      const dict = load(file(header, new Uint8Array(new Float32Array([1.5, 2.5]).buffer)));
      expect(Object.keys(dict)).toEqual(["b", "z", "a"]);
      expect([dict.a?.data[0], dict.b?.data[0], dict.z?.data[0]]).toEqual([1.5, 2.5, undefined]);
    }
  });

  test("tensors own their memory", () => {
    const bytes = REFERENCE.plain.slice();
    const dict = load(bytes);
    bytes.fill(0);
    expect(contents(dict)).toEqual(expected);
    for (const { data } of Object.values(dict)) expect(data.buffer.byteLength).toBe(data.byteLength);
  });

  test("needs no TextDecoder, TextEncoder, Buffer or atob", () => {
    for (const name of ["TextDecoder", "TextEncoder", "Buffer", "atob", "btoa"]) vi.stubGlobal(name, undefined);
    expect(save(load(REFERENCE.plain), { format: "pt" })).toEqual(REFERENCE.plain);
  });

  test("a detached buffer, and what is not bytes", () => {
    const bytes = REFERENCE.plain.slice();
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    for (const input of [bytes, bytes.buffer]) {
      expect(failure(() => load(input)).message).toBe(
        "Not a valid safetensors file: it has 0 bytes, and the header's length alone takes 8",
      );
    }
    for (const input of [undefined, null, 3, "file", {}, [1, 2], Promise.resolve(bytes)]) {
      const error = failure(() => load(input as never));
      expect(error.code).toBe("FILE");
      expect(error.message).toMatch(/^bytes must be a Uint8Array, another view or an ArrayBuffer, got /);
    }
  });
});

describe("malformed files", () => {
  const length = (low: number, high: number, rest: number) => {
    const bytes = new Uint8Array(8 + rest);
    new DataView(bytes.buffer).setUint32(0, low, true);
    new DataView(bytes.buffer).setUint32(4, high, true);
    return bytes;
  };
  const utf8 = (...bytes: number[]) =>
    file(Buffer.concat([Buffer.from('{"'), Buffer.from(bytes), Buffer.from('":1}')]));
  const ok = f32([1], [0, 4]);
  const text = (content: string) => new TextEncoder().encode(content);

  test.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(), /it has 0 bytes/],
    ["7 bytes", new Uint8Array(7), /it has 7 bytes/],
    ["an empty header", file(""), /header must start with "{"; it is empty/],
    ["a header beyond the file", length(5, 0, 4), /header length is 5 bytes, and 4 follow/],
    ["the largest header beyond the file", length(100_000_000, 0, 4), /header length is 100000000 bytes, and 4 follow/],
    ["a header above the limit", length(100_000_001, 0, 4), /100000001 bytes, above the limit of 100000000/],
    ["a header of 2^32 bytes", length(2, 1, 4), /4294967298 bytes, above the limit/],
    ["a header of 2^64 - 1 bytes", length(0xffffffff, 0xffffffff, 4), /18446744073709552000 bytes, above the limit/],
    ["a torch.save zip", text("PK\x03\x04\x00\x00\x08\x08\x00\x00"), /looks like a file of torch\.save/],
    ["a Git LFS pointer", text("version https://git-lfs.github.com/spec/v1"), /looks like a Git LFS pointer/],
    ["a web page", text("<!DOCTYPE html><html>"), /looks like a web page/],

    ["a stray continuation byte", utf8(0x80), /not UTF-8 at byte 2$/],
    ["overlong 2", utf8(0xc1, 0xbf), /not UTF-8/],
    ["overlong 3", utf8(0xe0, 0x9f, 0xbf), /not UTF-8/],
    ["overlong 4", utf8(0xf0, 0x8f, 0xbf, 0xbf), /not UTF-8/],
    ["a surrogate", utf8(0xed, 0xa0, 0x80), /not UTF-8/],
    ["above U+10FFFF", utf8(0xf4, 0x90, 0x80, 0x80), /not UTF-8/],
    ["byte 0xff", utf8(0xff), /not UTF-8/],
    ["a broken sequence", utf8(0xe4, 0xb8), /not UTF-8/],
    ["UTF-8 that ends early", file(new Uint8Array([0x7b, 0x22, 0xe4, 0xb8])), /not JSON at byte 4/],
    ["no text at all", file(new Uint8Array([0x7b, 0xe4, 0xb8])), /not JSON at byte 1/],

    ["not JSON", file('{"a":}'), /header is not JSON/],
    ["JSON cut off", file('{"a":{"dtype":"F32"'), /header is not JSON/],
    ["text after the JSON", file("{}x"), /header is not JSON/],
    ["a header padded with zeros", file("{}\0\0"), /header is not JSON/],
    ["a space before the brace", file(" {}"), /must start with "{"/],
    ["a byte order mark", file("\ufeff{}"), /must start with "{"/],
    ["an array", file("[]"), /must start with "{"/],
    ["null", file("null"), /must start with "{"/],

    ["a name twice", file(`{"a":${JSON.stringify(ok)},"a":${JSON.stringify(ok)}}`, 4), /has the key "a" twice/],
    [
      "a name twice, once escaped",
      file(`{"a\\"":${JSON.stringify(ok)}, "\\u0061\\u0022" : ${JSON.stringify(ok)}}`, 4),
      /has the key "a\\"" twice/,
    ],
    ["a field twice", file('{"a":{"dtype":"F64","dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4), /"dtype" twice/],
    ["a metadata key twice", file('{"__metadata__":{"k":"1","k":"1"}}'), /has the key "k" twice/],
    ["metadata twice", file('{"__metadata__":{},"__metadata__":{}}'), /has the key "__metadata__" twice/],

    ["metadata of numbers", file({ __metadata__: { a: 1 } }), /__metadata__\["a"\] must be a string, got 1/],
    ["metadata of null", file({ __metadata__: { a: null } }), /__metadata__\["a"\] must be a string, got null/],
    ["metadata that is an array", file({ __metadata__: [] }), /__metadata__ must be an object of strings, got/],
    ["metadata that is a string", file({ __metadata__: "x" }), /__metadata__ must be an object of strings, got "x"/],
    ["a lone surrogate in metadata", file('{"__metadata__":{"a":"\\ud800"}}'), /lone surrogate in "\\ud800"/],
    ["a lone surrogate in a name", file('{"\\udc00x":1}'), /lone surrogate/],

    ["an entry that is null", file({ a: null }), /tensor "a" must be an object of dtype, .*, got null/],
    ["an entry that is an array", file({ a: ["F32", [1], [0, 4]] }, 4), /tensor "a" must be an object/],
    ["an entry that is a number", file({ a: 3 }), /tensor "a" must be an object .* got 3/],
    ["an entry under __proto__", file('{"__proto__":3}'), /tensor "__proto__" must be an object .* got 3/],
    ["no dtype", file({ a: { shape: [1], data_offsets: [0, 4] } }, 4), /tensor "a" has an unknown dtype: undefined/],
    ["an unknown dtype", file({ a: f32([1], [0, 4], "X32") }, 4), /tensor "a" has an unknown dtype: "X32"/],
    ["a dtype in lower case", file({ a: f32([1], [0, 4], "f32") }, 4), /tensor "a" has an unknown dtype: "f32"/],
    ["a dtype of an object's own", file({ a: f32([1], [0, 4], "constructor") }, 4), /unknown dtype: "constructor"/],
    ["a dtype in an array", file({ a: f32([1], [0, 4], ["F32"]) }, 4), /unknown dtype: \["F32"\]/],

    ["no shape", file({ a: f32(undefined, [0, 4]) }, 4), /tensor "a" must have a shape of .* got undefined/],
    ["a shape that is a number", file({ a: f32(1, [0, 4]) }, 4), /must have a shape of .* got 1/],
    ["a negative size", file({ a: f32([-1], [0, 4]) }, 4), /must have a shape of .* got \[-1\]/],
    ["minus zero", file('{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'), /must have a shape of/],
    ["a fractional size", file({ a: f32([0.5], [0, 2]) }, 2), /must have a shape of .* got \[0.5\]/],
    ["a size that is a string", file({ a: f32(["1"], [0, 4]) }, 4), /must have a shape of .* got \["1"\]/],
    ["a size above 2^53", file({ a: f32([2 ** 53], [0, 4]) }, 4), /must have a shape of/],
    ["a shape that overflows", file({ a: f32([2 ** 30, 2 ** 30], [0, 4]) }, 4), /shape whose size overflows/],
    ["a shape that overflows to 0", file({ a: f32([2 ** 32, 2 ** 32, 0], [0, 0]) }), /shape whose size overflows/],

    [
      "no data_offsets",
      file({ a: f32([1], undefined) }, 4),
      /two non-negative integers as data_offsets, got undefined/,
    ],
    ["one offset", file({ a: f32([1], [4]) }, 4), /two non-negative integers as data_offsets, got \[4\]/],
    ["three offsets", file({ a: f32([1], [0, 4, 4]) }, 4), /as data_offsets, got \[0, 4, 4\]/],
    ["offsets of strings", file({ a: f32([1], ["0", "4"]) }, 4), /as data_offsets, got/],
    ["a negative offset", file({ a: f32([1], [-4, 0]) }, 4), /as data_offsets, got \[-4, 0\]/],
    ["a fractional offset", file({ a: f32([1], [0.5, 4.5]) }, 8), /as data_offsets, got/],
    ["a huge offset", file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1e999]}}', 4), /not JSON at byte 50/],
    ["an end before the beginning", file({ a: f32([1], [4, 0]) }, 4), /tensor "a" ends before it begins/],
    ["an end beyond the data", file({ a: f32([2], [0, 8]) }, 7), /ends at byte 8 of 7 bytes of data/],
    ["too few bytes", file({ a: f32([2], [0, 4]) }, 4), /takes 8 bytes as F32 \[2\], but data_offsets span 4/],
    ["too many bytes", file({ a: f32([1], [0, 8]) }, 8), /takes 4 bytes as F32 \[1\], but data_offsets span 8/],
    ["bytes for a scalar", file({ a: f32([], [0, 0]) }), /takes 4 bytes as F32 \[\], but data_offsets span 0/],
    ["half a byte", file({ a: f32([3], [0, 1], "F4") }, 1), /takes 1\.5 bytes as F4/],
    ["the wrong bytes of a dtype not read", file({ a: f32([2], [0, 4], "BOOL") }, 4), /takes 2 bytes as BOOL/],

    ["overlap", file({ a: f32([2], [0, 8]), b: f32([2], [4, 12]) }, 12), /tensor "b" begins at byte 4, inside/],
    ["the same bytes twice", file({ a: ok, b: ok }, 4), /tensor "b" begins at byte 0, inside/],
    ["a hole at the front", file({ a: f32([1], [4, 8]) }, 8), /bytes 0 to 4, before tensor "a", belong to no tensor/],
    ["a hole", file({ a: ok, b: f32([1], [8, 12]) }, 12), /bytes 4 to 8, before tensor "b", belong to no tensor/],
    ["trailing bytes", file({ a: ok }, 7), /the last 3 bytes belong to no tensor/],
    ["data without tensors", file({}, 1), /the last 1 bytes belong to no tensor/],
    [
      "an empty tensor inside another",
      file({ a: f32([2], [0, 8]), b: f32([0], [4, 4]) }, 8),
      /begins at byte 4, inside/,
    ],
  ])("%s", (_, bytes, message) => {
    for (const read of [load, loadMetadata, (b: Uint8Array) => load(b, { skipUnsupported: true })]) {
      const error = failure(() => read(bytes));
      expect(error.code).toBe("FILE");
      expect(error.message).toMatch(/^Not a valid safetensors file: /);
      expect(error.message).toMatch(message);
    }
  });

  test("what only looks malformed loads", () => {
    expect(load(file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":{"y":[{}]}}}\n\t ', 4)).a?.shape).toEqual(
      [],
    );
    expect(load(file('{"a:{":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4))["a:{"]?.shape).toEqual([1]);
    expect(load(file({ a: f32([0, 2 ** 50], [0, 0]) })).a?.shape).toEqual([0, 2 ** 50]);
    expect(load(file({ a: f32([], [0, 4]), b: f32([], [4, 8]) }, 8)).b?.shape).toEqual([]);
  });

  test("nesting a hundred thousand deep is an error like any other", () => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const deep = `${open.repeat(1e5)}1${close.repeat(1e5)}`;
      for (const header of [
        `{"a":${deep}}`,
        `{"a":{"dtype":${deep}}}`,
        `{"a":{"dtype":"F32","shape":${deep}}}`,
        `{"__metadata__":${deep}}`,
        `{"a":${open.repeat(1e5)}`,
      ]) {
        expect(failure(() => load(file(header))).code).toBe("FILE");
      }
    }
  });

  test("no prototype is touched", () => {
    const polluting = { dtype: "F32", shape: [1], data_offsets: [0, 4], polluted: true };
    const dict = load(file(`{"__proto__":${JSON.stringify(polluting)}}`, 4));
    expect(Object.keys(dict)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(dict)).toBe(null);
    expect("polluted" in {}).toBe(false);
    // a field that only an entry's prototype would have is missing
    expect(failure(() => load(file(`{"a":{"__proto__":${JSON.stringify(polluting)}}}`, 4))).message).toMatch(/dtype/);
  });
});

describe("16-bit and 64-bit floats", () => {
  const patterns = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

  /** The value of a binary float by its definition. */
  function value(bits: number, exponentBits: number, mantissaBits: number): number {
    const sign = bits >> 15 ? -1 : 1;
    const exponent = Math.floor(bits / 2 ** mantissaBits) % 2 ** exponentBits;
    const fraction = (bits % 2 ** mantissaBits) / 2 ** mantissaBits;
    const bias = 2 ** (exponentBits - 1) - 1;
    if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
    return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
  }

  test.each([
    ["F16", 5, 10],
    ["BF16", 8, 7],
  ] as const)("%s: all patterns", (dtype, exponentBits, mantissaBits) => {
    const data = load(one(dtype, [65536], patterns)).a?.data ?? new Float32Array();
    const wrong = [...patterns].filter((bits) => !Object.is(data[bits], value(bits, exponentBits, mantissaBits)));
    expect(data.length).toBe(65536);
    expect(wrong).toEqual([]);
  });

  test("F64 rounds as Math.fround", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.double(), fc.float())), (values) => {
        const data = load(one("F64", [values.length], Float64Array.from(values))).a?.data;
        expect([...(data ?? [])]).toEqual(values.map(Math.fround));
      }),
    );
  });
});

describe("save", () => {
  test("whatever takes a tensor's place, views included", () => {
    const memory = new Float32Array([0, 1, 2, 3]);
    const dict = load(
      save({ a: { data: memory.subarray(1, 3), shape: [2, 1] }, b: { data: memory, dims: [4] }, c: [[1], [2]] }),
    );
    expect(dict.a).toMatchObject({ data: new Float32Array([1, 2]), shape: [2, 1] });
    expect(dict.b).toMatchObject({ data: memory, shape: [4] });
    expect(dict.c).toMatchObject({ data: new Float32Array([1, 2]), shape: [2, 1] });
  });

  test("metadata is sorted, and may be empty", () => {
    const header = (bytes: Uint8Array) => Buffer.from(bytes.subarray(8)).toString();
    expect(header(save({}, { b: "1", a: "2", 10: "3", 9: "ü\n" }))).toBe(
      '{"__metadata__":{"10":"3","9":"ü\\n","a":"2","b":"1"}}  ',
    );
    expect(header(save({}, {}))).toMatch(/^\{"__metadata__":\{\}\} *$/);
  });

  test.each<[string, () => unknown, string, RegExp]>([
    ["a reserved name", () => save({ __metadata__: [1] }), "FILE", /must not name a tensor "__metadata__"/],
    ["a lone surrogate in a name", () => save({ "a\ud800": [1] }), "FILE", /dict has a lone surrogate in "a/],
    ["a lone surrogate in a key", () => save({}, { "\udc00": "" }), "FILE", /metadata has a lone surrogate/],
    ["a lone surrogate in a value", () => save({}, { k: "\udc00" }), "FILE", /metadata\["k"\] has a lone surr/],
    ["metadata of numbers", () => save({}, { k: 1 as never }), "FILE", /metadata\["k"\] must be a string, got 1/],
    ["metadata null", () => save({}, null as never), "FILE", /metadata must be a plain object .* got null/],
    ["no dict", () => save(undefined as never), "FILE", /dict must be a plain object .* got undefined/],
    ["an array", () => save([] as never), "FILE", /dict must be a plain object/],
    ["a Map", () => save(new Map() as never), "FILE", /Object\.fromEntries makes one of a Map\), got a Map/],
    ["doubles", () => save({ a: new Float64Array(1) as never }), "DTYPE", /dict\["a"\]/],
    ["a wrong shape", () => save({ a: { data: new Float32Array(1), shape: [2] } }), "SHAPE_MISMATCH", /dict\["a"\]/],
  ])("%s is an error", (_, run, code, message) => {
    const error = failure(run);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

describe("properties", () => {
  const anyText = fc.string({ unit: "binary", maxLength: 12 });
  const name = fc.oneof(
    anyText,
    fc.constantFrom("__proto__", "constructor", "toString", "0", "10", "\ue000", "\u{10000}"),
  );
  const tensor = fc
    .array(fc.nat(4), { maxLength: 4 })
    .chain((shape) =>
      fc
        .uint32Array({ minLength: size(shape), maxLength: size(shape) })
        .map((bits) => new Tensor(new Float32Array(new Uint32Array(bits).buffer), shape)),
    );
  const dicts = fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 6 }).map(record);
  const metadatas = fc.uniqueArray(fc.tuple(name, anyText), { selector: ([key]) => key, maxLength: 4 }).map(record);

  function size(shape: readonly number[]): number {
    return shape.reduce((product, dimension) => product * dimension, 1);
  }

  function record<T>(entries: [string, T][]): Record<string, T> {
    const result: Record<string, T> = Object.create(null);
    for (const [key, value] of entries) result[key] = value;
    return result;
  }

  /** Loads, or throws what it should. */
  function survives(bytes: Uint8Array): void {
    for (const read of [load, loadMetadata]) {
      try {
        read(bytes);
      } catch (error) {
        if (!(error instanceof LSTMError) || error.code !== "FILE") throw error;
      }
    }
  }

  test("what is saved loads, bit for bit, and saves the same again", () => {
    fc.assert(
      fc.property(dicts, fc.option(metadatas, { nil: undefined }), (dict, metadata) => {
        fc.pre(!("__metadata__" in dict));
        fc.pre(!Object.values(metadata ?? {}).some((kept) => kept in dict)); // that would be a tied weight
        const bytes = save(dict, metadata);
        const loaded = load(bytes);
        expect(contents(loaded)).toEqual(contents(dict));
        expect(Object.entries(loadMetadata(bytes)).sort()).toEqual(Object.entries(metadata ?? {}).sort());
        expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
        expect(save(loaded, metadata)).toEqual(bytes);
      }),
    );
  });

  test("names are in the order of their UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.uniqueArray(name), (names) => {
        const header = Buffer.from(save(record(names.map((key) => [key, []]))).subarray(8)).toString();
        const written = [...header.matchAll(/("(?:[^"\\]|\\.)*"):\{/g)].map(
          ([, key]) => JSON.parse(key ?? "") as string,
        );
        expect(written).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });

  test("mutated bytes load or are refused", () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]",:0123456789-.e\\ ')));
    const edit = fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.array(byte, { maxLength: 3 }) });
    const start = fc.constantFrom(...Object.values(REFERENCE));
    fc.assert(
      fc.property(start, fc.array(edit, { minLength: 1, maxLength: 4 }), fc.boolean(), (original, edits, raw) => {
        const bytes = [...original];
        for (const { at, remove, insert } of edits) bytes.splice(at % bytes.length, remove, ...insert);
        // half of them with a length that fits again, so that the change reaches the JSON
        if (raw) return survives(Uint8Array.from(bytes));
        const header = new DataView(original.buffer).getUint32(0, true) + bytes.length - original.length;
        new DataView(original.buffer).getUint32(0, true);
        survives(file(Uint8Array.from(bytes.slice(8, 8 + header)), Uint8Array.from(bytes.slice(8 + header))));
      }),
      { numRuns: 2000 },
    );
  });

  test("every truncation is refused", () => {
    for (const original of Object.values(REFERENCE)) {
      for (let length = 0; length < original.length; length++) {
        expect(failure(() => loadMetadata(original.subarray(0, length))).code).toBe("FILE");
      }
    }
  });

  test("any JSON as a header loads or is refused", () => {
    const field = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom("F32", "I64", "F16"),
      fc.array(fc.nat(9), { maxLength: 2 }),
    );
    const entry = fc.oneof(
      fc.record({ dtype: field, shape: field, data_offsets: field }, { requiredKeys: [] }),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("a", "b", "__metadata__", "__proto__"), entry),
        fc.nat(32),
        (header, data) => survives(file(JSON.stringify(header), data)),
      ),
      { numRuns: 1000 },
    );
  });

  test("UTF-8 is read as TextDecoder reads it", () => {
    const edges = [
      0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5,
    ];
    const bytes = fc.array(fc.constantFrom(...edges), { maxLength: 8 });
    const prefix = '{"__metadata__":{"k":"';
    fc.assert(
      fc.property(
        fc.oneof(
          bytes,
          anyText.map((s) => [...Buffer.from(s)]),
        ),
        (content) => {
          const header = Buffer.concat([Buffer.from(prefix), Buffer.from(content), Buffer.from('"}}')]);
          let expected: string | undefined;
          try {
            expected = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(content));
          } catch {
            expect(failure(() => load(file(header))).message).toMatch(/not UTF-8|not JSON/);
            return;
          }
          if (JSON.stringify(expected) !== `"${expected}"`)
            survives(file(header)); // has what JSON must escape
          else expect(loadMetadata(file(header)).k).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("text longer than a chunk of the decoder, with pairs across every edge", () => {
    for (let pad = 0; pad < 4; pad++) {
      const long = "a".repeat(pad) + "\u{1f600}é权".repeat(5000);
      expect(loadMetadata(save({}, { long })).long).toBe(long);
    }
  });
});
