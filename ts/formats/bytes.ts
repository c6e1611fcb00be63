import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import type { Bytes } from "../tensor/arrays.js";

/** A file that a reader of this package does not take: it is broken, of another format, or holds what is not read. */
export const badFile = (message: string, options?: { cause?: unknown }): LSTMError =>
  new LSTMError("FILE", message, options);

/** An argument of a reader as bytes, without a copy. */
export function asBytes(input: ArrayBufferLike | ArrayBufferView, argument = "bytes"): Uint8Array {
  const isView = ArrayBuffer.isView(input);
  // a buffer by its tag, as it may come from another realm
  if (!isView && !/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(input))) {
    throw mustBe("FILE", argument, "a Uint8Array, another view or an ArrayBuffer", input);
  }
  if (input.byteLength === 0) return new Uint8Array(); // perhaps detached, and then no view can be made of it
  return isView ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(input);
}

/** Memory for a file, or a part of one. `what` is it in the error: "a safetensors file". @throws LSTMError `OUT_OF_MEMORY` */
export function allocateBytes(what: string, size: number): Bytes {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new LSTMError("OUT_OF_MEMORY", `${what} of ${size} bytes does not fit in memory`, { cause });
  }
}

/** The parts one after the other. @throws LSTMError as `allocateBytes` does */
export function joined(what: string, parts: readonly ArrayLike<number>[]): Bytes {
  const bytes = allocateBytes(
    what,
    parts.reduce((size, { length }) => size + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
