/** Reads protobuf messages by tables of the fields that are needed, with bounds on what a file can make a reader do. */
import { PbfReader } from "pbf";
import { LSTMError } from "../../checks/errors.js";
import { badFile } from "../bytes.js";

/**
 * How a field is read: `int` (any varint), `float` (4 bytes), `text`, `bytes`, or as a message of its own. `floats` and
 * `doubles` are numbers that are kept as the little-endian bytes that they are.
 */
type Kind = "int" | "float" | "text" | "bytes" | "floats" | "doubles" | (() => Schema);

/** A message's fields by their numbers: what each is called, how it is read, and whether it may come more than once. */
export type Schema = Readonly<Record<number, readonly [name: string, kind: Kind, many?: "many"]>>;

/** The wire types that each kind may have, apart from packed lists. */
const WIRE_TYPES = { int: [0], float: [5], text: [2], bytes: [2], floats: [2, 5], doubles: [2, 1] };

/** As deep as messages may lie in messages: some 40 graphs in graphs, of 3 messages each. */
const MOST_DEPTH = 128;
/** As many messages, texts and pieces of data as a file may have: each costs more memory than it takes bytes. */
const MOST_PARTS = 2 ** 20;

export const invalid = (why: string, options?: { cause?: unknown }): LSTMError =>
  badFile(`Not a valid ONNX file: ${why}`, options);

/** The message that the bytes are. */
export function decode<T>(bytes: Uint8Array, schema: Schema): T {
  let parts = 0;
  const reader = new PbfReader(bytes);

  const value = (kind: Kind, end: number, depth: number): unknown => {
    if (kind === "int") return reader.readVarint(true);
    if (kind === "float") return reader.readFloat();
    if (++parts > MOST_PARTS) throw invalid(`it has more than ${MOST_PARTS} parts`);
    const begin = reader.pos;
    if (reader.type !== 2) {
      reader.pos += kind === "floats" ? 4 : 8;
      return bytes.subarray(begin, reader.pos);
    }
    const length = reader.readVarint();
    if (!(length <= end - reader.pos))
      throw invalid(`a field ends beyond its message at byte ${begin} (a truncated file?)`);
    if (typeof kind === "function") return message(kind(), reader.pos + length, depth + 1);
    reader.pos = begin;
    return kind === "text" ? reader.readString() : reader.readBytes();
  };

  const message = (fields: Schema, end: number, depth: number): Record<string, unknown> => {
    if (depth > MOST_DEPTH) throw invalid(`its messages nest deeper than ${MOST_DEPTH}`);
    const result: Record<string, unknown> = {};
    for (const [name, , many] of Object.values(fields)) if (many) result[name] = [];
    while (reader.pos < end) {
      const number = reader.nextField(end);
      if (number === 0) break;
      const [name, kind, many] = fields[number] ?? [];
      if (name === undefined || kind === undefined) {
        reader.skip(reader.type);
        continue;
      }
      const packed = reader.type === 2 && many !== undefined && (kind === "int" || kind === "float");
      if (!packed && !WIRE_TYPES[typeof kind === "function" ? "bytes" : kind].includes(reader.type)) {
        throw invalid(`a field is of another type at byte ${reader.pos}`);
      }
      if (!many) result[name] = value(kind, end, depth);
      else {
        const list = result[name] as unknown[];
        const stop = packed ? reader.readVarint() + reader.pos : reader.pos + 1;
        if (stop > end) throw invalid(`a field ends beyond its message at byte ${reader.pos} (a truncated file?)`);
        while (reader.pos < stop) list.push(value(kind, end, depth));
      }
    }
    if (reader.pos !== end) throw invalid(`a message does not end where it should, at byte ${end} (a truncated file?)`);
    return result;
  };

  try {
    return message(schema, bytes.length, 0) as T;
  } catch (cause) {
    if (cause instanceof LSTMError) throw cause;
    throw invalid(`byte ${reader.pos} is no protobuf`, { cause });
  }
}
