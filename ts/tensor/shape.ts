import { shapeText } from "../checks/describe.js";
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
