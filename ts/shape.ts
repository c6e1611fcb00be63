import { describe } from "./describe.js";
import { LSTMError } from "./errors.js";
import { asTensor, type Tensor } from "./tensor.js";

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, index) => size === b[index]);
}

/** The tensor an argument stands for, which must be of this shape. */
export function tensorOfShape(argument: string, value: unknown, expected: readonly number[]): Tensor {
  const tensor = asTensor(argument, value);
  if (sameShape(tensor.shape, expected)) return tensor;
  const shapes = `Expected ${argument} of shape [${expected.join(", ")}], got [${tensor.shape.join(", ")}]`;
  throw new LSTMError("SHAPE_MISMATCH", shapes);
}

/** `[h, c]` under these names, or undefined for zeros. */
export function readStates(
  [hName, cName]: readonly [string, string],
  state: unknown,
  hShape: readonly number[],
  cShape: readonly number[],
): [Tensor, Tensor] | undefined {
  if (state === undefined || state === null) return undefined;
  if (!Array.isArray(state) || state.length !== 2 || state[0] == null || state[1] == null) {
    const got = Array.isArray(state) ? `[${state.map(brief).join(", ")}]` : describe(state);
    throw new LSTMError("STATE", `the state must be [${hName}, ${cName}], both or neither, got ${got}`);
  }
  return [tensorOfShape(hName, state[0], hShape), tensorOfShape(cName, state[1], cShape)];
}

const brief = (value: unknown) => (value == null ? String(value) : "a tensor");
