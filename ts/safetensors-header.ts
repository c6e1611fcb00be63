/** The header of a safetensors file, read strictly: what passes here holds together. */
import { describe } from "./describe.js";
import { LSTMError } from "./errors.js";

/** The reference implementation's bound on the header, so that its length alone cannot make a reader allocate at will. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Every dtype of the format. The first number in a name is its bits per element; BOOL takes 8. */
const DTYPES = new Set(
  (
    "BOOL F4 F6_E2M3 F6_E3M2 U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ " +
    "I16 U16 F16 BF16 I32 U32 F32 C64 F64 I64 U64"
  ).split(" "),
);

/** With the `u` flag a surrogate matches only where it is not part of a pair: text that UTF-8 cannot hold. */
export const LONE_SURROGATE = /[\ud800-\udfff]/u;

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Byte range within the data section. */
  readonly begin: number;
  readonly end: number;
}

/** Splits a file into its parts; whatever this returns holds together, so nothing after it needs to check again. */
export function parse(input: ArrayBufferLike | ArrayBufferView) {
  const bytes = asBytes(input);
  if (bytes.length < 8) throw invalid(`it has ${bytes.length} bytes, and the header's length alone takes 8`);
  const prefix = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const headerBytes = prefix.getUint32(4, true) * 2 ** 32 + prefix.getUint32(0, true);
  if (headerBytes > MAX_HEADER_BYTES) {
    throw invalid(
      `its header length is ${headerBytes} bytes, above the limit of ${MAX_HEADER_BYTES}${lookalike(bytes)}`,
    );
  }
  if (headerBytes > bytes.length - 8) {
    throw invalid(`its header length is ${headerBytes} bytes, and ${bytes.length - 8} follow (a truncated file?)`);
  }
  const header = parseHeader(decodeUtf8(bytes.subarray(8, 8 + headerBytes)));
  const data = bytes.subarray(8 + headerBytes);

  const metadata: Record<string, string> = Object.create(null);
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (LONE_SURROGATE.test(name)) throw invalid(`the name ${quote(name)} has a lone surrogate`);
    if (name !== "__metadata__") entries.push(parseEntry(name, value, data.length));
    else if (value !== null) readMetadata(value, metadata); // null is none, as in the reference implementation
  }
  checkCoverage(entries, data.length);
  return { metadata, entries, data };
}

function parseHeader(text: string): object {
  if (text[0] !== "{") throw invalid(`its header must start with "{"${text === "" ? "; it is empty" : ""}`);
  let header: object;
  try {
    header = JSON.parse(text); // an object, as it starts with a brace
  } catch (cause) {
    throw invalid(`its header is not JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) throw invalid(`its header has the key ${quote(twice)} twice`);
  return header;
}

function readMetadata(value: unknown, metadata: Record<string, string>): void {
  if (!isObject(value)) throw invalid(`__metadata__ must be an object of strings, got ${describe(value)}`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw invalid(`__metadata__[${quote(key)}] must be a string, got ${describe(text)}`);
    if (LONE_SURROGATE.test(key + text)) throw invalid(`__metadata__[${quote(key)}] has a lone surrogate`);
    metadata[key] = text;
  }
}

function parseEntry(name: string, value: unknown, dataBytes: number): Entry {
  const at = `tensor ${quote(name)}`;
  if (!isObject(value)) throw invalid(`${at} must be an object of dtype, shape, data_offsets, got ${describe(value)}`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !DTYPES.has(dtype)) throw invalid(`${at} has an unknown dtype: ${describe(dtype)}`);
  if (!isSizes(shape)) throw invalid(`${at} must have a shape of non-negative integers, got ${describe(shape)}`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw invalid(`${at} must have two non-negative integers as data_offsets, got ${describe(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw invalid(`${at} ends before it begins: data_offsets ${describe(offsets)}`);
  if (end > dataBytes) throw invalid(`${at} ends at byte ${end} of ${dataBytes} bytes of data (a truncated file?)`);

  let length = 1;
  for (const size of shape) {
    length *= size;
    if (!Number.isSafeInteger(length)) throw invalid(`${at} has a shape whose size overflows: ${describe(shape)}`);
  }
  const size = (length * Number(/\d+/.exec(dtype)?.[0] ?? 8)) / 8;
  if (size !== end - begin) {
    throw invalid(`${at} takes ${size} bytes as ${dtype} ${describe(shape)}, but data_offsets span ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

/** The tensors, laid end to end, must be all of the data: what overlaps or hides between them is refused. */
function checkCoverage(entries: readonly Entry[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const at = `tensor ${quote(name)}`;
    if (begin < covered) throw invalid(`${at} begins at byte ${begin}, inside the one that ends at byte ${covered}`);
    if (begin > covered) throw invalid(`bytes ${covered} to ${begin}, before ${at}, belong to no tensor`);
    covered = end;
  }
  if (covered < dataBytes) throw invalid(`the last ${dataBytes - covered} bytes belong to no tensor`);
}

/**
 * A key that one object of the header has twice, which JSON.parse would let pass. Looks at the header itself and the
 * objects right inside it, as nothing deeper means anything. `text` is valid JSON.
 */
function repeatedKey(text: string): string | undefined {
  const keys = [new Set<string>(), new Set<string>()];
  let depth = 0;
  let stringStart = 0;
  let stringEnd = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      stringStart = at;
      while (text[++at] !== '"') if (text[at] === "\\") at++;
      stringEnd = at + 1;
    } else if (character === "{" || character === "[") {
      keys[depth++]?.clear();
    } else if (character === "}" || character === "]") {
      depth--;
    } else if (character === ":" && depth <= 2) {
      const key: string = JSON.parse(text.slice(stringStart, stringEnd));
      if (keys[depth - 1]?.has(key)) return key;
      keys[depth - 1]?.add(key);
    }
  }
  return undefined;
}

/** Strict: no overlong forms, no surrogates, nothing beyond U+10FFFF. Ours, because AudioWorklets have no TextDecoder. */
function decodeUtf8(bytes: Uint8Array): string {
  const units = new Uint16Array(4096);
  let text = "";
  let filled = 0;
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const first = bytes[at++] as number;
    let point = first;
    if (first >= 0x80) {
      const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
      let valid = first >= 0xc2 && first <= 0xf4;
      point &= 0x3f >> more;
      for (let i = 0; i < more; i++) {
        const next = bytes[at++] ?? 0;
        valid &&= next >> 6 === 2;
        point = (point << 6) | (next & 0x3f);
      }
      const shortest = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000;
      valid &&= point >= shortest && point <= 0x10ffff && point >> 11 !== 0x1b;
      if (!valid) throw invalid(`its header is not UTF-8 at byte ${start}`);
    }
    if (point > 0xffff) {
      units[filled++] = 0xd7c0 + (point >> 10);
      point = 0xdc00 | (point & 0x3ff);
    }
    units[filled++] = point;
    if (filled > units.length - 2 || at >= bytes.length) {
      text += String.fromCharCode(...units.subarray(0, filled));
      filled = 0;
    }
  }
  return text;
}

/** `text` has no lone surrogates. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(3 * text.length);
  let at = 0;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    const more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    bytes[at++] = more === 0 ? point : (0xf00 >> (more + 1)) | (point >> (6 * more));
    for (let i = more - 1; i >= 0; i--) bytes[at++] = 0x80 | ((point >> (6 * i)) & 0x3f);
  }
  return bytes.subarray(0, at);
}

function asBytes(input: ArrayBufferLike | ArrayBufferView): Uint8Array {
  const isView = ArrayBuffer.isView(input);
  // a buffer by its tag, as it may come from another realm
  if (!isView && !/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(input))) {
    const expected = "a Uint8Array, another view or an ArrayBuffer";
    throw new LSTMError("SAFETENSORS", `bytes must be ${expected}, got ${describe(input)}`);
  }
  if (input.byteLength === 0) return new Uint8Array(); // perhaps detached, and then no view can be made of it
  return isView ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(input);
}

/** What people load by mistake, told by its first bytes. */
function lookalike(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  if (start.startsWith("PK")) return ". It looks like a file of torch.save; write one with safetensors.torch.save_file";
  if (start === "version ") return ". It looks like a Git LFS pointer; fetch the file behind it";
  if (start.trimStart().startsWith("<")) return ". It looks like a web page";
  return "";
}

function invalid(why: string): LSTMError {
  return new LSTMError("SAFETENSORS", `Not a valid safetensors file: ${why}`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n > 0 || Object.is(n, 0)));
}

export function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
