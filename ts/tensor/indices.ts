import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { conversion, INTEGERS, typedArrayName } from "./elements.js";
import { flatten } from "./nested.js";
import { type MemoryLayout, readForeign } from "./strided.js";

/** Integers in nested arrays of equal lengths. */
export type NestedIndices = readonly (number | Int32Array | NestedIndices)[];

/** Class numbers, token numbers: an Int32Array (one dimension), nested arrays, or `{ data, shape }`. */
export type IndexInput =
  | Int32Array
  | NestedIndices
  | (MemoryLayout & { readonly data: Int32Array | readonly number[]; readonly shape: readonly number[] })
  | (MemoryLayout & { readonly data: Int32Array; readonly dims: readonly number[] });

/** Integers and their shape. */
export interface Indices {
  /** The integers, row-major. */
  readonly data: Int32Array;
  /** The sizes of the dimensions. */
  readonly shape: readonly number[];
}

/** The integers that an argument stands for. @throws LSTMError `DTYPE` or `SHAPE_MISMATCH` */
export function asIndices(argument: string, value: unknown): Indices {
  if (typedArrayName(value) === "Int32Array")
    return { data: value as Int32Array, shape: [(value as Int32Array).length] };
  if (Array.isArray(value)) return flatten(INTEGERS, argument, value);
  if (typeof value === "object" && value !== null && "data" in value) return readForeign(INTEGERS, argument, value);
  throw new LSTMError(
    "DTYPE",
    `${argument} must be integers (an Int32Array, or arrays of them), got ${describe(value)}${conversion("Int32Array", argument, value)}`,
  );
}

/** Indices as they must be, from 0 up to `count`, or `except`. @throws LSTMError `OPTION` that names the first other one */
export function checkRange(
  argument: string,
  { data, shape }: Indices,
  count: number,
  what: string,
  except?: number,
): void {
  const at = data.findIndex((index) => (index < 0 || index >= count) && index !== except);
  if (at < 0) return;
  const position: number[] = [];
  let rest = at;
  for (let d = shape.length - 1; d >= 0; d--) {
    position.unshift(rest % (shape[d] as number));
    rest = Math.floor(rest / (shape[d] as number));
  }
  const name = argument + position.map((i) => `[${i}]`).join("");
  throw new LSTMError("OPTION", `${name} must be ${what} from 0 to ${count - 1}, got ${data[at]}`);
}
