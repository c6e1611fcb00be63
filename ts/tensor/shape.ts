import { describe, shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { asTensor, type Tensor } from "./tensor.js";

/** Whether two shapes, or other lists of numbers, are the same. */
export function sameValues(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** The tensor an argument stands for, which must be of this shape. */
export function tensorOfShape(argument: string, value: unknown, expected: readonly number[]): Tensor {
  const tensor = asTensor(argument, value);
  if (sameValues(tensor.shape, expected)) return tensor;
  const shapes = `Expected ${argument} of shape ${shapeText(expected)}, got ${shapeText(tensor.shape)}`;
  throw new LSTMError("SHAPE_MISMATCH", shapes);
}

/** `[h, c]` under these names, or undefined for zeros. */
export function readStates(
  hName: string,
  cName: string,
  state: unknown,
  hShape: readonly number[],
  cShape: readonly number[],
): readonly [Tensor, Tensor] | undefined {
  if (state === undefined || state === null) return undefined;
  if (!Array.isArray(state) || state.length !== 2 || state[0] == null || state[1] == null) {
    const got = Array.isArray(state) ? shapeText(state.map(brief)) : describe(state);
    throw new LSTMError("STATE", `the state must be [${hName}, ${cName}], both or neither, got ${got}`);
  }
  const h = tensorOfShape(hName, state[0], hShape);
  const c = tensorOfShape(cName, state[1], cShape);
  // The caller's own array where it will do: a steady loop makes none.
  return h === state[0] && c === state[1] ? (state as unknown as readonly [Tensor, Tensor]) : [h, c];
}

const brief = (value: unknown) => (value == null ? String(value) : "a tensor");
