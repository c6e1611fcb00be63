import { describe } from "../describe.js";
import { LSTMError } from "../errors.js";
import { product, typedArrayName } from "../tensor.js";

/** Integers in nested arrays of equal lengths. */
export type NestedIndices = readonly (number | Int32Array | NestedIndices)[];

/** Class numbers, token numbers: an Int32Array (one dimension), nested arrays, or `{ data: Int32Array, shape }`. */
export type IndexInput =
  | Int32Array
  | NestedIndices
  | { readonly data: Int32Array; readonly shape: readonly number[] }
  | { readonly data: Int32Array; readonly dims: readonly number[] };

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
  if (Array.isArray(value)) return flatten(argument, value);
  const { data, shape, dims } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const sizes = shape ?? dims;
  if (typedArrayName(data) === "Int32Array" && Array.isArray(sizes)) {
    const { length } = data as Int32Array;
    if (product(sizes) === length) return { data: data as Int32Array, shape: [...sizes] };
    const text = `${argument}: shape [${sizes.join(", ")}] does not hold the ${length} values of data`;
    throw new LSTMError("SHAPE_MISMATCH", text);
  }
  const what = data === undefined ? value : data;
  const cure = typedArrayName(what) ? `; convert it with Int32Array.from(${argument}, Number)` : "";
  throw new LSTMError(
    "DTYPE",
    `${argument} must be integers (an Int32Array, or arrays of them), got ${describe(what)}${cure}`,
  );
}

function flatten(argument: string, nested: readonly unknown[]): Indices {
  const shape: number[] = [];
  for (let level: unknown = nested; isRow(level); level = level[0]) shape.push(level.length);
  const data = new Int32Array(product(shape));
  let next = 0;
  const visit = (value: unknown, depth: number, name: string) => {
    if (isRow(value)) {
      if (value.length !== shape[depth]) {
        const expected =
          shape[depth] === undefined ? "an integer" : `an array of ${shape[depth]}, as long as the first`;
        throw new LSTMError("SHAPE_MISMATCH", `${name} must be ${expected}, got an array of ${value.length}`);
      }
      for (let i = 0; i < value.length; i++) visit(value[i], depth + 1, `${name}[${i}]`);
    } else if (depth !== shape.length || !Number.isInteger(value) || (value as number) !== ((value as number) | 0)) {
      const code = depth === shape.length ? "DTYPE" : "SHAPE_MISMATCH";
      throw new LSTMError(
        code,
        `${name} must be ${depth === shape.length ? "an integer of 32 bits" : "an array"}, got ${describe(value)}`,
      );
    } else data[next++] = value as number;
  };
  visit(nested, 0, argument);
  return { data, shape };
}

const isRow = (value: unknown): value is ArrayLike<unknown> & readonly unknown[] =>
  Array.isArray(value) || typedArrayName(value) === "Int32Array";

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
