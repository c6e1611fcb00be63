/**
 * Reads protobuf messages by tables of the fields that are needed, with bounds on what a file can make a reader do. Ours, because
 * a library's reader leaves the bounds to its caller, and is as large as this without them.
 */
import type { LSTMError } from "../../checks/errors.js";
import { badFile } from "../bytes.js";
import { decodeUtf8 } from "../utf8.js";

/** How a field is read: `int` is any varint, `float` has 4 bytes, `double` 8; a function gives the fields of a message. */
type Kind = "int" | "float" | "double" | "text" | "bytes" | (() => Schema);

/** A message's fields by their numbers: what each is called, how it is read, and whether it may come more than once. */
export type Schema = Readonly<Record<number, readonly [name: string, kind: Kind, many?: "many"]>>;

/** The wire type of each kind of number, and the fewest bytes that one takes. All else is of type 2, bytes after their length. */
const NUMBERS = { int: [0, 1], float: [5, 4], double: [1, 8] } as const;

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

  const value = (kind: Kind, end: number, depth: number): unknown => {
    if (kind === "int") return varint();
    const begin = at;
    at += kind === "float" ? 4 : kind === "double" ? 8 : 0;
    if (kind === "float") return view.getFloat32(begin, true);
    if (kind === "double") return view.getFloat64(begin, true);
    if (++parts > MOST_PARTS) throw invalid(`it has more than ${MOST_PARTS} parts`);
    if (typeof kind === "function") return message(kind(), end, depth + 1);
    at = end;
    const content = bytes.subarray(begin, end);
    return kind === "text" ? decodeUtf8(content, () => invalid(`the text at byte ${begin} is not UTF-8`)) : content;
  };

  const message = (fields: Schema, end: number, depth: number): Record<string, unknown> => {
    if (depth > MOST_DEPTH) throw invalid(`its messages nest deeper than ${MOST_DEPTH}`);
    const result: Record<string, unknown> = {};
    for (const [name, , many] of Object.values(fields)) if (many) result[name] = [];
    while (at < end) {
      const tag = varint();
      const number = Math.floor(tag / 8);
      const [name = "", kind, many] = fields[number] ?? [];
      const type = tag & 7;
      const least = [1, 8, 0, -1, -1, 4][type] as number; // ONNX has no groups, 3 and 4; 6 and 7 are nothing
      if (!(number > 0 && number < 2 ** 29 && least >= 0)) throw malformed();
      const stop = (type === 2 ? varint() : least) + at; // in this order: varint moves at
      if (!(stop >= at && stop <= end)) throw beyond();
      if (kind === undefined) {
        if (type === 0) varint();
        else at = stop;
        continue;
      }
      const [own, bytesOfOne] = NUMBERS[kind as "int"] ?? [2, 0];
      const packed = type === 2 && many !== undefined && bytesOfOne > 0;
      if (packed ? (stop - at) % bytesOfOne !== 0 : type !== own) throw malformed();
      if (!many) result[name] = value(kind, stop, depth);
      else if (!packed) (result[name] as unknown[]).push(value(kind, stop, depth));
      else {
        while (at < stop) (result[name] as unknown[]).push(value(kind, stop, depth));
        if (at > stop) throw beyond();
      }
    }
    if (at !== end) throw beyond();
    return result;
  };

  return message(schema, bytes.length, 0) as T;
}
