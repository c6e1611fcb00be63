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
import { type FloatReader, readBFloat16, readFloat16, readFloat32, readFloat64 } from "./floats.js";
import { encodeUtf8, LONE_SURROGATE, quote } from "./json-reader.js";
import { isObject, MAX_HEADER_BYTES, parse } from "./safetensors-header.js";

/** Options of `load`. */
export interface LoadOptions {
  /** Leave out tensors that do not read as float32 (say, an int64 `num_batches_tracked`) instead of throwing. */
  skipUnsupported?: boolean | undefined;
}

/**
 * The tensors of a safetensors file, by name, in the header's order.
 *
 * F32 is copied as it is. F16 and BF16 widen exactly. F64 rounds to the nearest float32, ties to even, and to an infinity
 * beyond float32's range. Any other dtype is an error, unless `skipUnsupported` leaves it out.
 *
 * Of tied weights PyTorch's `safetensors.torch.save_model` writes one and notes the others in the metadata, each with the
 * name that was kept. They come back too, as the same Tensor.
 *
 * Each tensor owns its memory, so `bytes` may be reused or changed afterwards. The object has no prototype: every string
 * is safe as a name.
 *
 * @throws LSTMError `SAFETENSORS` for bytes that are not a valid file, or a tensor of another dtype; `OPTION`;
 *   `OUT_OF_MEMORY`.
 */
export function load(bytes: ArrayBufferLike | ArrayBufferView, options: LoadOptions = {}): Record<string, Tensor> {
  const { skipUnsupported = false } = checkObject("load", options, ["skipUnsupported"]);
  const skips = checkBoolean("skipUnsupported", skipUnsupported);
  const { metadata, entries, data } = parse(bytes);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const { name, dtype, shape, begin, end } of entries) {
    const read = READERS.get(dtype);
    if (read) {
      const values = allocate(shape);
      read(new DataView(data.buffer, data.byteOffset + begin, end - begin), values);
      tensors[name] = new Tensor(values, shape);
    } else if (!skips) {
      throw new LSTMError(
        "SAFETENSORS",
        `Tensor ${quote(name)} is ${dtype}; load reads F32, F16, BF16 and F64. Convert it with .float() in PyTorch ` +
          "before saving, or leave such tensors out with load(bytes, { skipUnsupported: true })",
      );
    }
  }
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
 * @throws LSTMError `SAFETENSORS` for bytes that are not a valid file.
 */
export function loadMetadata(bytes: ArrayBufferLike | ArrayBufferView): Record<string, string> {
  return parse(bytes).metadata;
}

/**
 * A safetensors file of float32 tensors, byte for byte what the reference implementation writes: sorted by name (by
 * code point), the header padded with spaces to a multiple of 8. Some readers want `metadata` to be `{ format: "pt" }`.
 *
 * @throws LSTMError `SAFETENSORS` for names or metadata the format cannot hold; `DTYPE` or `SHAPE_MISMATCH` for values
 *   that are not tensors; `OUT_OF_MEMORY`.
 */
export function save(dict: Readonly<Record<string, TensorInput>>, metadata?: Readonly<Record<string, string>>): Bytes {
  const fields: string[] = [];
  if (metadata !== undefined) {
    const pairs = sortedEntries("metadata", metadata).map(([key, value]) => {
      if (typeof value !== "string") {
        throw mustBe("SAFETENSORS", `metadata[${quote(key)}]`, "a string", value);
      }
      return `${jsonString("metadata", key)}:${jsonString(`metadata[${quote(key)}]`, value)}`;
    });
    fields.push(`"__metadata__":{${pairs.join()}}`);
  }

  let size = 0;
  const chunks: Uint8Array[] = [];
  for (const [name, value] of sortedEntries("dict", dict)) {
    if (name === "__metadata__") {
      throw new LSTMError("SAFETENSORS", 'dict must not name a tensor "__metadata__": the format reserves it');
    }
    const { data, shape } = asTensor(`dict[${quote(name)}]`, value);
    const begin = size;
    size += data.byteLength;
    chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    fields.push(
      `${jsonString("dict", name)}:{"dtype":"F32","shape":[${shape.join()}],"data_offsets":[${begin},${size}]}`,
    );
  }

  const header = encodeUtf8(`{${fields.join()}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new LSTMError(
      "SAFETENSORS",
      `The header of these names and metadata would take ${headerBytes} bytes; the format allows ${MAX_HEADER_BYTES}`,
    );
  }
  const file = allocateBytes(8 + headerBytes + size);
  new DataView(file.buffer).setUint32(0, headerBytes, true);
  file.set(header, 8);
  file.fill(0x20, 8 + header.length, 8 + headerBytes);
  let at = 8 + headerBytes;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}

function allocateBytes(size: number): Bytes {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new LSTMError("OUT_OF_MEMORY", `a safetensors file of ${size} bytes does not fit in memory`, { cause });
  }
}

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
    throw mustBe("SAFETENSORS", argument, "a plain object (Object.fromEntries makes one of a Map)", object);
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
  throw new LSTMError("SAFETENSORS", `${argument} has a lone surrogate in ${quote(text)}, which UTF-8 cannot hold`);
}
