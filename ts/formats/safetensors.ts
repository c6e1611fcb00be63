/**
 * `lstm-wasm/safetensors`: reads and writes [safetensors](https://github.com/huggingface/safetensors) bytes.
 *
 * A file is the header's length (8 bytes, little-endian), the header (JSON: each tensor's dtype, shape and byte range),
 * then the tensors' bytes with no gap and no overlap. Bytes in, bytes out: where they come from is the caller's business.
 * Tensor data is little-endian in the file and here taken to be so in memory, as wherever WebAssembly runs in practice.
 *
 * What is valid is what the reference implementation takes (the safetensors crate, which Python uses), and no more. Less,
 * on purpose: a header starts with its brace, and no key comes twice, as the format's description demands; tensors are
 * objects (not arrays of their fields) and dtypes strings; a shape has at most 64 dimensions, and sizes and their product
 * stay below 2^53.
 */

import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkBoolean, checkObject } from "../checks/options.js";
import type { Bytes } from "../tensor/arrays.js";
import { allocate, asTensor, Tensor, type TensorInput } from "../tensor/tensor.js";
import { allocateBytes, joined } from "./bytes.js";
import { bfloat16Of, type FloatReader, halfOf, readBFloat16, readFloat16, readFloat32, readFloat64 } from "./floats.js";
import { quote } from "./json-reader.js";
import { type Entry, isObject, MAX_HEADER_BYTES, parse } from "./safetensors-header.js";
import { integersIn, integersOf, notIntegers, SCALE, tensorOfIntegers } from "./safetensors-integers.js";
import { encodeUtf8, LONE_SURROGATE } from "./utf8.js";

/** Options of `load`. */
export interface LoadOptions {
  /** Leave out tensors that do not read as float32 (say, an int64 `num_batches_tracked`) instead of throwing. */
  skipUnsupported?: boolean | undefined;
}

/** Options of `save`. */
export interface SaveOptions {
  /**
   * How the numbers are stored: `"F32"` keeps every bit; `"F16"` and `"BF16"` take half the space. Those round to the nearest,
   * ties to even, as `.half()` and `.bfloat16()` do in PyTorch: what is too large becomes an infinity, in F16 from 65520 on.
   *
   * By default each tensor is stored as what it is: F32, and integer weights as their integers and scales. What is given holds
   * for all of them.
   */
  dtype?: "F32" | "F16" | "BF16" | undefined;
}

/**
 * The tensors of a safetensors file, by name, in the header's order.
 *
 * F32 is copied as it is. F16 and BF16 widen exactly. F64 rounds to the nearest float32, ties to even, and to an infinity
 * beyond float32's range. Integer weights are a matrix of I8 or I16, `weight_ih_l0` say, and a positive scale for each of its rows,
 * `weight_ih_l0.scale`: they come as one tensor of the values that they stand for, which has its `quantization`, so that
 * `LSTM.fromStateDict` makes them integers again. Any other dtype is an error, unless `skipUnsupported` leaves it out.
 *
 * Of tied weights PyTorch's `safetensors.torch.save_model` writes one and notes the others in the metadata, each with the
 * name that was kept. They come back too, as the same Tensor.
 *
 * Each tensor owns its memory, so `bytes` may be reused or changed afterwards. The object has no prototype: every string
 * is safe as a name.
 *
 * @throws LSTMError `FILE` for bytes that are not a valid file, or a tensor of another dtype; `OPTION`;
 *   `OUT_OF_MEMORY`.
 */
export function load(bytes: ArrayBufferLike | ArrayBufferView, options: LoadOptions = {}): Record<string, Tensor> {
  const { skipUnsupported = false } = checkObject("load", options, ["skipUnsupported"]);
  const skips = checkBoolean("skipUnsupported", skipUnsupported);
  const { metadata, entries, data } = parse(bytes);
  const tensors: Record<string, Tensor> = Object.create(null);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const bytesOf = ({ begin, end }: Entry) => new DataView(data.buffer, data.byteOffset + begin, end - begin);
  const floats = (entry: Entry | undefined): Tensor | undefined => {
    const read = READERS.get(entry?.dtype ?? "");
    if (entry === undefined || read === undefined) return undefined;
    const values = allocate(entry.shape);
    read(bytesOf(entry), values);
    return new Tensor(values, entry.shape);
  };
  for (const entry of entries) {
    const { name, dtype, shape } = entry;
    const weights = integersOf(dtype);
    let tensor: Tensor | string | undefined = floats(entry);
    if (weights !== undefined)
      tensor = tensorOfIntegers(weights, bytesOf(entry), shape, floats(byName.get(name + SCALE)));
    if (tensor instanceof Tensor) tensors[name] = tensor;
    else if (!skips) throw tensor === undefined ? unsupported(name, dtype) : notIntegers(name, dtype, tensor);
  }
  // They are part of what they scale.
  for (const [name, { quantization }] of Object.entries(tensors)) if (quantization) delete tensors[name + SCALE];
  for (const [name, kept] of Object.entries(metadata)) {
    const tensor = tensors[kept];
    if (tensor !== undefined) tensors[name] ??= tensor;
  }
  return tensors;
}

/**
 * The file's `__metadata__`, an object without prototype; empty where the file has none. Checks the whole file as
 * {@link load} does, but reads tensors of every dtype past.
 *
 * @throws LSTMError `FILE` for bytes that are not a valid file.
 */
export function loadMetadata(bytes: ArrayBufferLike | ArrayBufferView): Record<string, string> {
  return parse(bytes).metadata;
}

/**
 * A safetensors file, byte for byte what the reference implementation writes: sorted by name (by
 * code point), the header padded with spaces to a multiple of 8. Some readers want `metadata` to be `{ format: "pt" }`.
 *
 * @throws LSTMError `FILE` for names or metadata the format cannot hold; `DTYPE` or `SHAPE_MISMATCH` for values
 *   that are not tensors; `OPTION`; `OUT_OF_MEMORY`.
 */
export function save(
  dict: Readonly<Record<string, TensorInput>>,
  metadata?: Readonly<Record<string, string>>,
  options: SaveOptions = {},
): Bytes {
  const { dtype } = checkObject("save", options, ["dtype"]);
  if (dtype !== undefined && dtype !== "F32" && dtype !== "F16" && dtype !== "BF16") {
    throw mustBe("OPTION", "dtype", '"F32", "F16" or "BF16"', dtype);
  }
  const fields: string[] = [];
  if (metadata !== undefined) {
    const pairs = sortedEntries("metadata", metadata).map(([key, value]) => {
      if (typeof value !== "string") {
        throw mustBe("FILE", `metadata[${quote(key)}]`, "a string", value);
      }
      return `${jsonString("metadata", key)}:${jsonString(`metadata[${quote(key)}]`, value)}`;
    });
    fields.push(`"__metadata__":{${pairs.join()}}`);
  }

  let size = 0;
  const chunks: Uint8Array[] = [];
  for (const [name, { dtype: stored, shape, values }] of sortedEntries("dict", storedIn(dict, dtype))) {
    const begin = size;
    size += values.byteLength;
    chunks.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    fields.push(
      `${jsonString("dict", name)}:{"dtype":"${stored}","shape":[${shape.join()}],"data_offsets":[${begin},${size}]}`,
    );
  }

  const header = encodeUtf8(`{${fields.join()}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new LSTMError(
      "FILE",
      `The header of these names and metadata would take ${headerBytes} bytes; the format allows ${MAX_HEADER_BYTES}`,
    );
  }
  const start = allocateBytes(FILE, 8 + headerBytes);
  new DataView(start.buffer).setUint32(0, headerBytes, true);
  start.set(header, 8);
  start.fill(0x20, 8 + header.length);
  return joined(FILE, [start, ...chunks]);
}

/** A tensor as a file has it. */
interface Stored {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: ArrayBufferView;
}

/** The tensors of a dict as a file has them, those of integers with their scales beside. */
function storedIn(dict: Readonly<Record<string, TensorInput>>, dtype: SaveOptions["dtype"]): Record<string, Stored> {
  const stored: Record<string, Stored> = Object.create(null);
  const add = (name: string, one: Stored) => {
    if (name in stored) throw new LSTMError("FILE", `dict[${quote(name)}] is also the name of a weight's scales`);
    stored[name] = one;
  };
  for (const [name, value] of sortedEntries("dict", dict)) {
    if (name === "__metadata__") {
      throw new LSTMError("FILE", 'dict must not name a tensor "__metadata__": the format reserves it');
    }
    const argument = `dict[${quote(name)}]`;
    const tensor = asTensor(argument, value);
    const { data, shape } = tensor;
    const integers = dtype === undefined ? integersIn(argument, value, tensor) : undefined;
    if (integers !== undefined) {
      const { scale } = integers;
      add(name, { dtype: integers.dtype, shape, values: integers.integers });
      add(name + SCALE, { dtype: "F32", shape: [scale.length], values: scale });
    } else if (dtype === "F16" || dtype === "BF16") {
      add(name, { dtype, shape, values: narrowed(data, dtype === "F16" ? halfOf : bfloat16Of) });
    } else add(name, { dtype: "F32", shape, values: data });
  }
  return stored;
}

/** What to do about a tensor of another dtype. */
function unsupported(name: string, dtype: string): LSTMError {
  const cure =
    "Convert it with .float() in PyTorch before saving, or leave such tensors out with load(bytes, { skipUnsupported: true })";
  return new LSTMError("FILE", `Tensor ${quote(name)} is ${dtype}; load reads F32, F16, BF16 and F64. ${cure}`);
}

/** Numbers in 16 bits each. */
function narrowed(data: Float32Array, bitsOf: (bits: number) => number): Uint16Array {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const values = new Uint16Array(allocateBytes(FILE, 2 * data.length).buffer);
  for (let i = 0; i < values.length; i++) values[i] = bitsOf(bits[i] as number);
  return values;
}

/** What an error calls the file that does not fit in memory. */
const FILE = "a safetensors file";

/** How each dtype that is read becomes float32. */
const READERS: ReadonlyMap<string, FloatReader> = new Map([
  ["F32", readFloat32],
  ["F64", readFloat64],
  ["F16", readFloat16],
  ["BF16", readBFloat16],
]);

/** Own entries in the order of their keys' code points, which is that of their UTF-8 bytes. */
function sortedEntries<T>(argument: string, object: Readonly<Record<string, T>>): [string, T][] {
  if (!isObject(object) || Symbol.iterator in object) {
    throw mustBe("FILE", argument, "a plain object (Object.fromEntries makes one of a Map)", object);
  }
  // UTF-16 puts surrogates below U+E000 to U+FFFF, code points above
  const rank = (unit: number) => (unit >> 11 === 0x1b ? unit + 0x10000 : unit);
  return Object.entries(object).sort(([a], [b]) => {
    let i = 0;
    while (i < a.length && a[i] === b[i]) i++;
    return i < a.length && i < b.length ? rank(a.charCodeAt(i)) - rank(b.charCodeAt(i)) : a.length - b.length;
  });
}

function jsonString(argument: string, text: string): string {
  if (!LONE_SURROGATE.test(text)) return JSON.stringify(text);
  throw new LSTMError("FILE", `${argument} has a lone surrogate in ${quote(text)}, which UTF-8 cannot hold`);
}
