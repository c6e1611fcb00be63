/**
 * Reads protobuf messages by tables of the fields that are needed, with bounds on what a file can make a reader do. Ours, because
 * a library's reader leaves the bounds to its caller, and is as large as this without them.
 */
import type { LSTMError } from "../../checks/errors.js";
import { badFile } from "../bytes.js";
import { decodeUtf8 } from "../utf8.js";

/** How a field is read: `int` is any varint, `float` has 4 bytes; a function gives the fields of a message. */
type Kind = "int" | "float" | "text" | "bytes" | (() => Schema);

/** A message's fields by their numbers: what each is called, how it is read, and whether numbers may be many in one field. */
export type Schema = Readonly<Record<number, readonly [name: string, kind: Kind, many?: "many"]>>;

/** Wire type 2: bytes, after their length. */
const BYTES = 2;
/** The wire types of numbers; all else is bytes. */
const WIRES: Readonly<Record<string, number>> = { int: 0, float: 5 };
/** How many bytes each wire type takes at least. ONNX has no groups, which are 3 and 4; 6 and 7 are nothing. */
const LEAST = [1, 8, 0, -1, -1, 4, -1, -1] as const;

/** As deep as messages may lie in messages: some 40 graphs in graphs, of 3 messages each. */
const MOST_DEPTH = 128;
/** As many messages, texts and pieces of data as a file may have: each costs more memory than it takes bytes. */
const MOST_PARTS = 2 ** 20;

export const invalid = (why: string): LSTMError => badFile(`Not a valid ONNX file: ${why}`);

/** The message that the bytes are. */
export function decode<T>(bytes: Uint8Array, schema: Schema): T {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let parts = 0;

  const malformed = () => invalid(`a field is malformed at byte ${at}`);
  const beyond = () => invalid(`a field ends beyond its message at byte ${at} (a truncated file?)`);

  /** Seven bits in each byte, the lowest first. Of 64 bits the highest is the sign; 28 of them and 36 are exact as numbers. */
  const varint = (): number => {
    let [low, high] = [0, 0];
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at++] ?? 255;
      if (i < 4) low += (byte & 127) << (7 * i);
      else high += (byte & 127) * 2 ** (7 * i - 28);
      if (byte < 128) return (high < 2 ** 35 ? high : high - 2 ** 36) * 2 ** 28 + low;
    }
    throw malformed();
  };

  const value = (kind: Kind, stop: number, depth: number): unknown => {
    if (kind === "int") return varint();
    const begin = at;
    if (kind === "float") {
      at += 4;
      if (at > stop) throw beyond();
      return view.getFloat32(begin, true);
    }
    if (++parts > MOST_PARTS) throw invalid(`it has more than ${MOST_PARTS} parts`);
    if (typeof kind === "function") return message(kind(), stop, depth + 1);
    at = stop;
    const part = bytes.subarray(begin, stop);
    return kind === "text" ? decodeUtf8(part, () => invalid(`the text at byte ${begin} is not UTF-8`)) : part;
  };

  const message = (fields: Schema, end: number, depth: number): Record<string, unknown> => {
    if (depth > MOST_DEPTH) throw invalid(`its messages nest deeper than ${MOST_DEPTH}`);
    const result: Record<string, unknown[]> = {};
    for (const [name] of Object.values(fields)) result[name] = [];
    while (at < end) {
      const tag = varint();
      const wire = tag & 7;
      const least = LEAST[wire] as number;
      if (tag < 8 || tag >= 2 ** 32 || least < 0) throw malformed();
      const stop = (wire === BYTES ? varint() : least) + at; // in this order: varint moves at
      if (!(stop >= at && stop <= end)) throw beyond();
      const [name = "", kind, many] = fields[tag >>> 3] ?? [];
      if (kind === undefined) {
        if (wire === 0) varint();
        else at = stop;
        continue;
      }
      const own = WIRES[kind as string] ?? BYTES;
      const packed = wire === BYTES && many;
      if (wire !== own && !packed) throw malformed();
      if (!packed) result[name]?.push(value(kind, stop, depth));
      while (packed && at < stop) result[name]?.push(value(kind, stop, depth));
      if (packed && at > stop) throw beyond();
    }
    if (at !== end) throw beyond();
    return result;
  };

  return message(schema, bytes.length, 0) as T;
}
