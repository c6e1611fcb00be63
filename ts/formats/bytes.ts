import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";

/** A file that a reader of this package does not take: it is broken, of another format, or holds what is not read. */
export const badFile = (message: string, options?: { cause?: unknown }): LSTMError =>
  new LSTMError("SAFETENSORS", message, options);

/** The argument `bytes` of a reader as bytes, without a copy. */
export function asBytes(input: ArrayBufferLike | ArrayBufferView): Uint8Array {
  const isView = ArrayBuffer.isView(input);
  // a buffer by its tag, as it may come from another realm
  if (!isView && !/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(input))) {
    throw mustBe("SAFETENSORS", "bytes", "a Uint8Array, another view or an ArrayBuffer", input);
  }
  if (input.byteLength === 0) return new Uint8Array(); // perhaps detached, and then no view can be made of it
  return isView ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(input);
}
