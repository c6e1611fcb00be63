/** Writes protobuf messages. Ours, because a library's writer of all of protobuf is as large as the rest of `save`. */
import type { Bytes } from "../../tensor/arrays.js";
import { joined } from "../bytes.js";
import { encodeUtf8 } from "../utf8.js";

/** A field's number, and its value: an integer from 0 on, a text, bytes, or a message of fields. */
export type Field = readonly [number: number, value: number | string | Uint8Array | readonly Field[]];

/** The bytes of a message of these fields, in this order. */
export function encode(fields: readonly Field[]): Bytes {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (typeof value === "number") parts.push(varint(8 * number), varint(value));
    else {
      const bytes = typeof value === "string" ? encodeUtf8(value) : value instanceof Uint8Array ? value : encode(value);
      parts.push(varint(8 * number + 2), varint(bytes.length), bytes);
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
