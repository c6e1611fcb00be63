/** The header of a safetensors file, read strictly: what passes here holds together. */
import { describe } from "../checks/describe.js";
import { MAX_DIMENSIONS } from "../tensor/elements.js";
import { asBytes, badFile } from "./bytes.js";
import { JsonReader, quote } from "./json-reader.js";
import { lookalike } from "./lookalikes.js";

/** The reference implementation's bound on the header, so that its length alone cannot make a reader allocate at will. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Every dtype of the format. The first number in a name is its bits per element; BOOL takes 8. */
const DTYPES = new Set(
  (
    "BOOL F4 F6_E2M3 F6_E3M2 U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ " +
    "I16 U16 F16 BF16 I32 U32 F32 C64 F64 I64 U64"
  ).split(" "),
);

export interface Entry {
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
  const told = (why: string) => invalid(`${why}${lookalike(bytes, "safetensors")}`);
  if (bytes.length < 8) throw told(`it has ${bytes.length} bytes, and the header's length alone takes 8`);
  const prefix = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const headerBytes = prefix.getUint32(4, true) * 2 ** 32 + prefix.getUint32(0, true);
  if (headerBytes > MAX_HEADER_BYTES) {
    throw told(`its header length is ${headerBytes} bytes, above the limit of ${MAX_HEADER_BYTES}`);
  }
  if (headerBytes > bytes.length - 8) {
    throw told(`its header length is ${headerBytes} bytes, and ${bytes.length - 8} follow (a truncated file?)`);
  }
  if (headerBytes === 0 || bytes[8] !== 0x7b) {
    throw told(`its header must start with "{"${headerBytes === 0 ? "; it is empty" : ""}`);
  }
  const data = bytes.subarray(8 + headerBytes);

  const metadata: Record<string, string> = Object.create(null);
  const entries: Entry[] = [];
  new JsonReader(bytes.subarray(8, 8 + headerBytes), MAX_DIMENSIONS + 1, invalid).document((name, value) => {
    if (name !== "__metadata__") entries.push(parseEntry(name, value, data.length));
    else if (value !== null) readMetadata(value, metadata); // null is none, as in the reference implementation
  });
  checkCoverage(entries, data.length);
  return { metadata, entries, data };
}

function readMetadata(value: unknown, metadata: Record<string, string>): void {
  if (!isObject(value)) throw invalid(`__metadata__ must be an object of strings, got ${describe(value)}`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw invalid(`__metadata__[${quote(key)}] must be a string, got ${describe(text)}`);
    metadata[key] = text;
  }
}

function parseEntry(name: string, value: unknown, dataBytes: number): Entry {
  const at = `tensor ${quote(name)}`;
  if (!isObject(value)) throw invalid(`${at} must be an object of dtype, shape, data_offsets, got ${describe(value)}`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !DTYPES.has(dtype)) throw invalid(`${at} has an unknown dtype: ${describe(dtype)}`);
  if (!isSizes(shape) || shape.length > MAX_DIMENSIONS) {
    throw invalid(`${at} must have a shape of at most ${MAX_DIMENSIONS} non-negative integers, got ${describe(shape)}`);
  }
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

function invalid(why: string): Error {
  return badFile(`Not a valid safetensors file: ${why}`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n > 0 || Object.is(n, 0)));
}
