import type { LSTMErrorCode, Tensor } from "lstm-wasm";
import { expect } from "vitest";

/** What an action throws; of another realm too, where `instanceof` would not know it. */
export function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return expect.fail("nothing was thrown");
}

/** Holds an error to be an LSTMError of this code, whose message has these parts. */
export function expectRefusal(error: unknown, code: LSTMErrorCode, ...parts: readonly string[]): void {
  const { name, message } = error as Error;
  expect({ name, code: (error as { code?: unknown }).code, message }).toEqual({ name: "LSTMError", code, message });
  for (const part of parts) expect(message).toContain(part);
}

/** Holds an action to throw an LSTMError of this code, whose message has these parts. */
export function refuses(action: () => unknown, code: LSTMErrorCode, ...parts: readonly string[]): void {
  expectRefusal(thrown(action), code, ...parts);
}

/** The same for a promise. */
export async function rejects(
  promise: Promise<unknown>,
  code: LSTMErrorCode,
  ...parts: readonly string[]
): Promise<void> {
  const outcome = await promise.then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );
  expectRefusal(outcome, code, ...parts);
}

/** The bit patterns of a result, to compare with `toEqual`: NaN and -0 count. */
export function bits(...tensors: readonly (Tensor | Float32Array)[]): number[][] {
  return tensors.map((tensor) => {
    const { buffer, byteOffset, length } = ArrayBuffer.isView(tensor) ? tensor : tensor.data;
    return [...new Uint32Array(buffer, byteOffset, length)];
  });
}

/** Values that depend on nothing but their number, in [-1, 1]. */
export function wave(length: number, phase = 0): Float32Array {
  return Float32Array.from({ length }, (_, index) => Math.sin(index * 1.7 + phase));
}

/** Holds an action to throw an LSTMError of this code, whose message matches. */
export function expectError(code: LSTMErrorCode, message: RegExp, action: () => unknown): void {
  expect(action).toThrow(expect.objectContaining({ name: "LSTMError", code, message: expect.stringMatching(message) }));
}
