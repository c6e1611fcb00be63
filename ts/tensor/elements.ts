/** What arguments hold: float32 numbers in tensors, 32-bit integers among indices. Both are read by the same functions. */
import { describe, shapeText, withArticle } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";

/** The arrays that values are kept in. */
export type Values = Float32Array | Int32Array;

/** One kind of values. */
export interface Elements<Data extends Values> {
  /** "Float32Array" or "Int32Array". */
  readonly name: string;
  /** The class of the array. */
  readonly Array: new (
    length: number,
  ) => Data;
  /** What a single value must be, for messages. */
  readonly one: string;
  /** Whether a value is one of this kind. */
  readonly includes: (value: unknown) => boolean;
}

export const INTEGERS: Elements<Int32Array> = {
  name: "Int32Array",
  Array: Int32Array,
  one: "an integer of 32 bits",
  includes: (value) => typeof value === "number" && value === (value | 0),
};

/** The number of values a shape holds. */
export function product(shape: readonly number[]): number {
  let size = 1;
  for (let d = 0; d < shape.length; d++) size *= shape[d] as number;
  return size;
}

/** Zeros for a shape that was checked. */
export function zeros<Data extends Values>(kind: Elements<Data>, shape: readonly number[]): Data {
  try {
    return new kind.Array(product(shape));
  } catch (cause) {
    throw new LSTMError("OUT_OF_MEMORY", `a tensor of shape ${shapeText(shape)} does not fit in memory`, { cause });
  }
}

/** The name of a typed array's class ("Float32Array"), whichever realm made it; of anything else, "". */
export function typedArrayName(value: unknown): string {
  return ArrayBuffer.isView(value) ? Object.prototype.toString.call(value).slice(8, -1) : "";
}

/** The argument, which must be a typed array of this kind. */
export function checkArray<Data extends Values>(kind: Elements<Data>, argument: string, value: unknown): Data {
  if (typedArrayName(value) === kind.name) return value as Data;
  const got = `got ${describe(value)}${conversion(kind.name, argument, value)}`;
  throw new LSTMError("DTYPE", `${argument} must be ${withArticle(kind.name)}, ${got}`);
}

/** How to make a `target` of another typed array. The same class may hold numbers, half floats or bytes: name each. */
export function conversion(target: string, argument: string, value: unknown): string {
  const name = typedArrayName(value);
  if (name.startsWith("Big")) return `; convert it with ${target}.from(${argument}, Number)`;
  const copy = `new ${target}(${argument})`;
  const bits = `new ${name}(${argument}).buffer`;
  if (name === "Uint8Array") return `; convert numbers with ${copy}, bytes with new ${target}(${bits})`;
  if (name === "Uint16Array" && target === "Float32Array") {
    return `; convert whole numbers with ${copy}, half floats with new ${target}(new Float16Array(${bits}))`;
  }
  return name.endsWith("Array") || Array.isArray(value) ? `; convert it with ${copy}` : "";
}

/** As many as PyTorch has. */
export const MAX_DIMENSIONS = 64;

/** A frozen copy of a shape. */
export function checkShape(argument: string, shape: unknown): readonly number[] {
  // The length first: a sparse array of billions would take all memory to copy.
  if (Array.isArray(shape) && shape.length <= MAX_DIMENSIONS) {
    const sizes: unknown[] = [...shape];
    if (sizes.every((size) => Number.isSafeInteger(size) && (size as number) >= 0))
      return Object.freeze(sizes as number[]);
  }
  throw mustBe("SHAPE_MISMATCH", argument, "an array of non-negative integers", shape);
}

/** Refuses a shape that holds more or fewer values than there are. */
export function checkSize(name: string, shape: readonly number[], dataName: string, length: number): void {
  const size = product(shape);
  if (size === length) return;
  const why = length === 0 ? " (was its buffer transferred?)" : "";
  throw new LSTMError(
    "SHAPE_MISMATCH",
    `${name} ${shapeText(shape)} holds ${size} values, but ${dataName} has ${length}${why}`,
  );
}
