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
  const parts: Uint8Array[] = [];
  for (const [field, values] of Object.entries(message)) {
    for (const value of [values].flat() as Value[]) {
      if (typeof value === "number") parts.push(varint(8 * Number(field)), varint(value));
      else {
        const text = typeof value === "string" && Uint8Array.from(value, (character) => character.charCodeAt(0));
        const bytes = text || (value instanceof Uint8Array ? value : encode(value as Message));
        parts.push(varint(8 * Number(field) + 2), varint(bytes.length), bytes);
      }
    }
  }
  return joined("an ONNX model", parts);
}

/** Seven bits in each byte, the lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}
