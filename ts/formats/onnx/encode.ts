/** Writes protobuf messages. Ours, because a library's writer of all of protobuf is as large as the rest of `save`. */
import type { Bytes } from "../../tensor/arrays.js";
import { joined } from "../bytes.js";

/** An integer from 0 on, a text of ASCII, bytes or a message. */
type Value = number | string | Uint8Array | Message;

/** The values of a message by the numbers of its fields; a list for a field that comes more than once. */
export interface Message {
  readonly [field: number]: Value | readonly Value[];
}

/** The bytes of a message, its fields in the order of their numbers. */
export function encode(message: Message): Bytes {
  const parts: ArrayLike<number>[] = [];
  for (const [field, values] of Object.entries(message)) {
    for (const value of [values].flat() as Value[]) {
      if (typeof value === "number") parts.push(varint(8 * Number(field)), varint(value));
      else {
        const text = typeof value === "string" && Array.from(value, (character) => character.charCodeAt(0));
        const bytes = text || (value instanceof Uint8Array ? value : encode(value as Message));
        parts.push(varint(8 * Number(field) + 2), varint(bytes.length), bytes);
      }
    }
  }
  return joined("an ONNX model", parts);
}

/** Seven bits in each byte, the lowest first. */
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
