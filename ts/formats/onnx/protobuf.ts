/**
 * Reads protobuf messages by tables of the fields that are needed, with bounds on what a file can make a reader do. Ours,
 * because a library's reader is as large as what reads LSTM nodes, and knows neither these tables nor these bounds.
 */
import type { LSTMError } from "../../checks/errors.js";
import { badFile } from "../bytes.js";
import { decodeUtf8, latin1 } from "../utf8.js";

/**
 * How a field is read: `int` (any varint), `float` (4 bytes), `text`, `bytes`, or as a message of its own. `floats` and
 * `doubles` are numbers that are kept as the little-endian bytes that they are.
 */
type Kind = "int" | "float" | "text" | "bytes" | "floats" | "doubles" | (() => Schema);

/** A message's fields by their numbers: what each is called, how it is read, and whether it may come more than once. */
export type Schema = Readonly<Record<number, readonly [name: string, kind: Kind, many?: "many"]>>;

/** How many bytes the next field takes: a varint, 8, as many as a varint before them says, or 4. */
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];
/** The wire types that each kind may have, apart from packed lists. */
const WIRE_TYPES = {
  int: [VARINT],
  float: [FIXED32],
  text: [BYTES],
  bytes: [BYTES],
  floats: [BYTES, FIXED32],
  doubles: [BYTES, FIXED64],
};

/** As deep as messages may lie in messages: some 40 graphs in graphs, of 3 messages each. */
const MOST_DEPTH = 128;
/** As many messages, texts and pieces of data as a file may have: each costs more memory than it takes bytes. */
const MOST_PARTS = 2 ** 20;

export const invalid = (why: string, options?: { cause?: unknown }): LSTMError =>
  badFile(`Not a valid ONNX file: ${why}`, options);

/** The message that the bytes are. */
export function decode<T>(bytes: Uint8Array, schema: Schema): T {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let parts = 0;
  let at = 0;

  /** An integer of 64 bits in two's complement, seven in each byte, the lowest first. Above 2^53 it rounds. */
  const varint = (): number => {
    let [low, high] = [0, 0];
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++] ?? 128; // beyond the end it has no end
      const bits = byte & 127;
      if (shift < 32) low |= bits << shift;
      if (shift > 24) high |= shift < 32 ? bits >> 4 : bits << (shift - 32);
      if (byte < 128) return high * 2 ** 32 + (low >>> 0);
    }
    throw invalid(`an integer has no end at byte ${at} (a truncated file?)`);
  };

  /** Goes so many bytes on, and returns where they begin. */
  const pass = (size: number, end: number): number => {
    const begin = at;
    at += size;
    if (size >= 0 && at <= end) return begin;
    throw invalid(`a field ends beyond its message at byte ${begin} (a truncated file?)`);
  };

  /** Goes on over a field of this wire type. */
  const passField = (type: number, end: number): number => {
    if (type === VARINT) return varint();
    const size = { [FIXED64]: 8, [FIXED32]: 4 }[type] ?? (type === BYTES ? varint() : -1);
    return pass(size, end);
  };

  const value = (kind: Kind, type: number, end: number, depth: number): unknown => {
    if (kind === "int") return varint();
    if (kind === "float") return view.getFloat32(pass(4, end), true);
    if (++parts > MOST_PARTS) throw invalid(`it has more than ${MOST_PARTS} parts`);
    const begin = passField(type, end);
    const part = bytes.subarray(begin, at);
    if (typeof kind !== "function") return kind === "text" ? textOf(part) : part;
    const stop = at;
    at = begin;
    return message(kind(), stop, depth + 1);
  };

  const message = (fields: Schema, end: number, depth: number): Record<string, unknown> => {
    if (depth > MOST_DEPTH) throw invalid(`its messages nest deeper than ${MOST_DEPTH}`);
    const result: Record<string, unknown> = {};
    for (const [name, , many] of Object.values(fields)) if (many) result[name] = [];
    while (at < end) {
      const tag = varint();
      const type = tag & 7;
      const field = fields[tag >>> 3];
      if (field === undefined) {
        passField(type, end);
        continue;
      }
      const [name, kind, many] = field;
      const packed = type === BYTES && many !== undefined && (kind === "int" || kind === "float");
      if (!packed && !WIRE_TYPES[typeof kind === "function" ? "bytes" : kind].includes(type)) {
        throw invalid(`a field is of another type at byte ${at}`);
      }
      if (!many) result[name] = value(kind, type, end, depth);
      else {
        const list = result[name] as unknown[];
        const begin = packed ? passField(type, end) : at;
        const stop = packed ? at : at + 1;
        at = begin;
        while (at < stop) list.push(value(kind, type, end, depth));
        if (packed) pass(stop - at, end); // the last of them may not go on behind the list
      }
    }
    if (at !== end) throw invalid(`a message does not end where it should, at byte ${end} (a truncated file?)`);
    return result;
  };

  return message(schema, bytes.length, 0) as T;
}

/** Text is UTF-8 by the format. An attribute of another operator may hold any bytes in it. */
function textOf(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes, Error);
  } catch {
    return latin1(bytes);
  }
}
