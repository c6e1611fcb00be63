/**
 * Reads protobuf messages, each when it is asked for, with bounds on what a file can make a reader do. Ours, because a library's
 * reader leaves the bounds to its caller, and is as large as this without them.
 */
import type { LSTMError } from "../../checks/errors.js";
import { badFile, joined } from "../bytes.js";
import { decodeUtf8 } from "../utf8.js";

/** As many messages, texts and pieces of data as a file may have: each costs more memory than it takes bytes. */
const MOST_PARTS = 2 ** 20;

export const invalid = (why: string): LSTMError => badFile(`Not a valid ONNX file: ${why}`);
const malformed = () => invalid("a field is malformed (a truncated file?)");

/** Refuses a file that has more of something than any model needs: time and memory must be bounded by the file's size. */
export function bounded(count: number, most: number, what: string): void {
  if (count > most) throw invalid(`it has more than ${most} ${what}`);
}

/** A function that takes away from what there is of something, and refuses a file for which that is not enough. */
export function budget(most: number, what: string): (amount: number) => void {
  let left = most;
  return (amount) => {
    left -= amount;
    if (left < 0) throw invalid(`its ${what} are many times as large as the file`);
  };
}

/** Reads bytes from the first to the last. */
function readerOf(bytes: Uint8Array) {
  let at = 0;

  const more = () => at < bytes.length;

  /** Seven bits in each byte, the lowest first. Of 64 bits the highest is the sign; 28 of them and 36 are exact as numbers. */
  const varint = (): number => {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at++] ?? 255;
      if (i < 4) low += (byte & 127) << (7 * i);
      else high += (byte & 127) * 2 ** (7 * i - 28);
      if (byte < 128) return (high < 2 ** 35 ? high : high - 2 ** 36) * 2 ** 28 + low;
    }
    throw malformed();
  };

  const take = (size: number): Uint8Array => {
    const taken = bytes.subarray(at, at + size);
    if (taken.length !== size) throw malformed();
    at += size;
    return taken;
  };

  return { more, varint, take };
}

/** The integers that lie packed in bytes. */
function varintsOf(bytes: Uint8Array): number[] {
  const { more, varint } = readerOf(bytes);
  const list: number[] = [];
  while (more()) list.push(varint());
  return list;
}

/** A message, whose fields are named by their numbers. Of a field that stands for one value, but comes more than once, the last counts. */
export class Message {
  /**
   * What came, by tags: 8 times the number of the field, and the wire type of the values. Bytes are replaced by what they are read
   * as, so that those of a function that is called many times are read once.
   */
  readonly #values = new Map<number, readonly unknown[]>();

  /** @param file what all messages of a file share: how many parts it has */
  constructor(
    readonly content: Uint8Array,
    readonly file = { parts: 0 },
  ) {
    const { more, varint, take } = readerOf(content);
    while (more()) {
      const tag = varint();
      if (tag < 8 || tag >= 2 ** 32) throw malformed();
      const type = tag & 7;
      if (type === 2) bounded(++file.parts, MOST_PARTS, "parts");
      // Types 3 and 4, groups, are not in ONNX; 6 and 7 are nothing.
      const value = type === 0 ? varint() : take(type === 2 ? varint() : ({ 1: 8, 5: 4 }[type] ?? NaN));
      const values = (this.#values.get(tag) ?? []) as unknown[];
      values.push(value);
      this.#values.set(tag, values);
    }
  }

  /** What the bytes of a field are read as; each may be one value or several. They are read the first time, and kept. */
  #read<T>(field: number, read: (bytes: Uint8Array) => T | readonly T[]): readonly T[] {
    const values = this.values<T | Uint8Array>(field);
    if (!(values[0] instanceof Uint8Array)) return values as readonly T[];
    this.#values.set(8 * field + 2, (values as readonly Uint8Array[]).flatMap(read));
    return this.values(field);
  }

  /** Numbers of a field: each by itself, with this wire type, or all of them packed. */
  #numbers<T>(field: number, type: number, packed: readonly T[]): readonly T[] {
    const single = this.values<T>(field, type);
    if (packed.length === 0) return single;
    if (single.length > 0) throw malformed(); // in an order that is not kept
    return packed;
  }

  /** Integers, which are varints. */
  ints(field: number): readonly number[] {
    return this.#numbers(field, 0, this.#read(field, varintsOf));
  }

  /** 0 if it is not there. */
  int(field: number): number {
    return this.ints(field).at(-1) ?? 0;
  }

  /** The bytes of floating-point numbers of `width` bytes each, 4 or 8. */
  floatBytes(field: number, width: 4 | 8): Uint8Array {
    const bytes = joined("a tensor", this.#numbers(field, width === 4 ? 5 : 1, this.values(field)));
    if (bytes.length % width > 0) throw malformed();
    return bytes;
  }

  floats(field: number): Float32Array {
    return new Float32Array(this.floatBytes(field, 4).buffer);
  }

  /** The values of this wire type; those of type 2 are bytes, unless they were read as something else. */
  values<T = Uint8Array>(field: number, type = 2): readonly T[] {
    return (this.#values.get(8 * field + type) ?? []) as readonly T[];
  }

  texts(field: number): readonly string[] {
    return this.#read(field, (bytes) => decodeUtf8(bytes, malformed));
  }

  /** "" if it is not there. */
  text(field: number): string {
    return this.texts(field).at(-1) ?? "";
  }

  messages(field: number): readonly Message[] {
    return this.#read(field, (bytes) => new Message(bytes, this.file));
  }
}
