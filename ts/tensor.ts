import type { ArrayOfRank, Floats, NestedNumbers } from "./arrays.js";
import { describe } from "./describe.js";
import { LSTMError } from "./errors.js";
import { checkObject } from "./options.js";
import { fillNormal, Mt19937, randomSeed } from "./random.js";
import { formatTensor } from "./tensor-format.js";

/** A tensor of another library, such as onnxruntime's: row-major float32 values and their `shape` or `dims`. */
export interface TensorLike {
  /** The values, row-major. */
  readonly data: Float32Array;
  /** The sizes; either these or `dims`. */
  readonly shape?: readonly number[];
  /** The sizes as onnxruntime calls them. */
  readonly dims?: readonly number[];
}

/** `[[1, 2, 3], [4, 5, 6]]`: numbers in arrays of equal lengths, to any depth. A Float32Array may stand for a row. */
export type NestedArray = readonly (number | Float32Array | NestedArray)[];

/** Everything that takes a tensor takes any of these. A bare Float32Array has one dimension. */
export type TensorInput =
  | Tensor
  | { readonly data: Float32Array; readonly shape: readonly number[] }
  | { readonly data: Float32Array; readonly dims: readonly number[] }
  | Float32Array
  | NestedArray;

/**
 * Float32 values and a shape, row-major, in ordinary garbage-collected memory.
 *
 * Any dimension may be 0; no dimensions at all hold a single value. The shape is frozen, the values are yours to write.
 */
export class Tensor {
  static readonly name = "Tensor";
  /** The values, row-major, to read and to write. Of a tensor made over shared memory, still a view of that. */
  readonly data: Floats;
  /** The sizes of the dimensions, frozen. */
  readonly shape: readonly number[];
  /** How many values there are: the product of the shape. */
  readonly size: number;

  /**
   * @param data a Float32Array, which is kept and not copied; or numbers in nested arrays, or in one flat array
   * @param shape for a Float32Array or a flat array; without it they have one dimension
   * @throws LSTMError `SHAPE_MISMATCH` for ragged arrays or a shape that does not hold the values, `DTYPE` for values
   *   that are not float32 or plain numbers
   */
  constructor(data: Float32Array | NestedArray, shape?: readonly number[]);
  /** @internal Keeps both as they are. */
  constructor(data: Float32Array, shape: readonly number[], checked: typeof CHECKED);
  constructor(data: Float32Array | NestedArray, shape?: readonly number[], checked?: typeof CHECKED) {
    if (checked === CHECKED) {
      this.data = data as Floats;
      this.shape = shape as readonly number[];
      this.size = this.data.length;
      return;
    }
    if (Array.isArray(data)) {
      const own = shape === undefined ? nestedShape(data) : [data.length];
      this.data = flatten("data", data, own);
      this.shape = checkShape("shape", shape ?? own);
    } else {
      this.data = checkFloat32("data", data);
      this.shape = checkShape("shape", shape ?? [this.data.length]);
    }
    this.size = this.data.length;
    checkSize("shape", this.shape, "data", this.data);
  }

  /** All zeros. */
  static zeros(shape: readonly number[]): Tensor {
    return blank(checkShape("shape", shape));
  }

  /**
   * Standard normal values. With a seed they are those of `torch.manual_seed(seed); torch.randn(shape)`, equal to
   * rounding (within 1e-6) and not to the bit; without one they differ from call to call.
   *
   * @param options.seed an integer from 0 to 2^53 - 1
   */
  static randn(shape: readonly number[], options: { readonly seed?: number | undefined } = {}): Tensor {
    checkObject("Tensor.randn", options, ["seed"]);
    const generator = new Mt19937(options.seed === undefined ? randomSeed() : options.seed);
    const tensor = Tensor.zeros(shape);
    fillNormal(generator, tensor.data);
    return tensor;
  }

  /** A copy of what is at `index` of dimension `dim`, without that dimension. Both may be negative: -1 is the last. */
  select(dim: number, index: number): Tensor {
    const d = wrap("dim", dim, this.shape.length);
    const i = wrap("index", index, this.shape[d] as number);
    return new Tensor(copyOf(this, d, i, i + 1), replaced(this.shape, d));
  }

  /**
   * A copy of `start` up to and not including `end` (by default, all the rest) of dimension `dim`. As in Python, start
   * and end may count back from the end, and beyond the dimension they are clamped to it.
   */
  slice(dim: number, start: number, end?: number): Tensor {
    const d = wrap("dim", dim, this.shape.length);
    const size = this.shape[d] as number;
    const from = clamp("start", start, size);
    const to = Math.max(from, end === undefined ? size : clamp("end", end, size));
    return new Tensor(copyOf(this, d, from, to), replaced(this.shape, d, to - from));
  }

  /** The same data under another shape, shared and not copied. One dimension may be -1: what the others leave over. */
  reshape(shape: readonly number[]): Tensor {
    return new Tensor(this.data, resolve(shape, this.shape));
  }

  /**
   * The values in nested arrays, as deep as there are dimensions; of a tensor without dimensions, the number itself.
   *
   * @param rank how many dimensions there must be, 0 to 4; TypeScript then knows how deep the arrays are
   * @throws LSTMError `SHAPE_MISMATCH` for another number of dimensions than `rank`
   */
  toArray(): NestedNumbers;
  /** The values in arrays nested `rank` deep. @throws LSTMError `SHAPE_MISMATCH` for a tensor of another rank */
  toArray<Rank extends keyof ArrayOfRank>(rank: Rank): ArrayOfRank[Rank];
  toArray(rank?: number): unknown {
    if (rank !== undefined && rank !== this.shape.length) {
      const got = `got ${this.shape.length} of shape [${this.shape.join(", ")}]`;
      throw new LSTMError("SHAPE_MISMATCH", `toArray: expected ${describe(rank)} dimensions, ${got}`);
    }
    let next = 0;
    const nest = (depth: number): number | NestedNumbers =>
      depth === this.shape.length
        ? (this.data[next++] as number)
        : Array.from({ length: this.shape[depth] as number }, () => nest(depth + 1));
    return nest(0);
  }

  /** As PyTorch prints a float32 tensor. */
  toString(): string {
    return formatTensor(this.data, this.shape);
  }

  /** What `console.log` shows in Node, Deno and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** Entries `from` up to `to` of dimension `dim`, of every outer index in turn. No private method, for the sake of proxies. */
function copyOf({ data, shape }: Tensor, dim: number, from: number, to: number): Floats {
  const size = shape[dim] as number;
  const outer = product(shape.slice(0, dim));
  const inner = product(shape.slice(dim + 1));
  const run = (to - from) * inner;
  const target = new Float32Array(outer * run);
  for (let o = 0; o < outer; o++) {
    const start = (o * size + from) * inner;
    target.set(data.subarray(start, start + run), o * run);
  }
  return target;
}

/**
 * The tensor an argument stands for. A Tensor comes back as it is, without allocation; `{ data, shape }` and
 * `{ data, dims }` are wrapped, sharing their data; nested arrays are copied.
 *
 * @throws LSTMError `SHAPE_MISMATCH` or `DTYPE`, its message beginning with the argument's name
 */
export function asTensor(argument: string, value: unknown): Tensor {
  if (value instanceof Tensor) {
    // A buffer that was transferred to a worker leaves an empty array behind.
    if (value.data.length !== value.size) checkSize(argument, value.shape, `${argument}.data`, value.data);
    return value;
  }
  if (Array.isArray(value)) {
    const shape = nestedShape(value);
    return new Tensor(flatten(argument, value, shape), shape);
  }
  if (ArrayBuffer.isView(value)) return new Tensor(checkFloat32(argument, value));
  if (typeof value === "object" && value !== null && "data" in value) {
    if ("batchSizes" in value) {
      const cure = "take its data, or make a clone one by new PackedSequence(data, batchSizes, sortedIndices)";
      throw new LSTMError("DTYPE", `${argument} must be a Tensor, got a packed batch: ${cure}`);
    }
    const { data, shape, dims } = value as { data: unknown; shape?: unknown; dims?: unknown };
    const name = `${argument}.${shape === undefined && dims !== undefined ? "dims" : "shape"}`;
    const values = checkFloat32(`${argument}.data`, data);
    const checked = checkShape(name, shape ?? dims);
    checkSize(name, checked, `${argument}.data`, values);
    return new Tensor(values, checked);
  }
  throw new LSTMError(
    "DTYPE",
    `${argument} must be a Tensor, { data: Float32Array, shape }, or nested arrays of numbers, got ${describe(value)}`,
  );
}

/** Says that data and a frozen shape fit each other. */
const CHECKED = Symbol("checked");

/** A tensor of zeros for a frozen shape that was checked. */
export const blank = (shape: readonly number[]): Tensor => new Tensor(allocate(shape), shape, CHECKED);

/** Zeros for a shape that was checked. */
export function allocate(shape: readonly number[]): Floats {
  try {
    return new Float32Array(product(shape));
  } catch (cause) {
    throw new LSTMError("OUT_OF_MEMORY", `a tensor of shape [${shape.join(", ")}] does not fit in memory`, { cause });
  }
}

/** The number of values a shape holds. */
export function product(shape: readonly number[]): number {
  let size = 1;
  for (let d = 0; d < shape.length; d++) size *= shape[d] as number;
  return size;
}

/** The name of a typed array's class ("Float32Array"), whichever realm made it; of anything else, "". */
export function typedArrayName(value: unknown): string {
  return ArrayBuffer.isView(value) ? Object.prototype.toString.call(value).slice(8, -1) : "";
}

function checkFloat32(argument: string, value: unknown): Floats {
  const name = typedArrayName(value);
  if (name === "Float32Array") return value as Floats;
  let conversion = "";
  if (name.startsWith("Big")) conversion = `; convert it with Float32Array.from(${argument}, Number)`;
  else if (name.endsWith("Array") || Array.isArray(value))
    conversion = `; convert it with new Float32Array(${argument})`;
  throw new LSTMError("DTYPE", `${argument} must be a Float32Array, got ${describe(value)}${conversion}`);
}

function checkShape(argument: string, shape: unknown): readonly number[] {
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new LSTMError(
      "SHAPE_MISMATCH",
      `${argument} must be an array of non-negative integers, got ${describe(shape)}`,
    );
  }
  return Object.isFrozen(shape) ? shape : Object.freeze([...shape]);
}

function checkSize(name: string, shape: readonly number[], dataName: string, data: Float32Array): void {
  const size = product(shape);
  if (size === data.length) return;
  const why = data.length === 0 ? " (was its buffer transferred?)" : "";
  throw new LSTMError(
    "SHAPE_MISMATCH",
    `${name} [${shape.join(", ")}] holds ${size} values, but ${dataName} has ${data.length}${why}`,
  );
}

const isRow = (value: unknown): value is readonly unknown[] | Float32Array =>
  Array.isArray(value) || typedArrayName(value) === "Float32Array";

/** As many as PyTorch has. */
const MOST_DIMENSIONS = 64;

/** The shape of nested arrays, if the first entries speak for all. */
function nestedShape(nested: readonly unknown[]): number[] {
  const shape: number[] = [];
  for (let level: unknown = nested; isRow(level); level = level[0]) {
    if (shape.push(level.length) > MOST_DIMENSIONS) {
      throw new LSTMError(
        "SHAPE_MISMATCH",
        `arrays may nest ${MOST_DIMENSIONS} deep; this one is deeper, or holds itself`,
      );
    }
  }
  return shape;
}

/** Copies nested arrays out, and checks on the way that the first entries did speak for all. */
function flatten(argument: string, nested: readonly unknown[], shape: readonly number[]): Floats {
  const data = allocate(shape);
  const path: number[] = [];
  let next = 0;
  const visit = (value: unknown, depth: number): void => {
    const expected = shape[depth];
    if (expected === undefined && typeof value === "number") {
      data[next++] = value;
    } else if (expected !== undefined && isRow(value) && value.length === expected) {
      for (let i = 0; i < expected; i++) {
        path[depth] = i;
        visit(value[i], depth + 1);
      }
    } else {
      const name = [argument, ...path.slice(0, depth).map((i) => `[${i}]`)].join("");
      const wanted = expected === undefined ? "a number" : `an array of ${expected}, as long as the first`;
      const ragged = isRow(value) || typeof value === "number";
      if (!ragged && typedArrayName(value) !== "") checkFloat32(name, value);
      throw new LSTMError(ragged ? "SHAPE_MISMATCH" : "DTYPE", `${name} must be ${wanted}, got ${describe(value)}`);
    }
  };
  visit(nested, 0);
  return data;
}

/** The shape with dimension `dim` of another size, or left out. */
const replaced = (shape: readonly number[], dim: number, ...size: number[]): number[] => [
  ...shape.slice(0, dim),
  ...size,
  ...shape.slice(dim + 1),
];

/** An index that may count back from the end, as one that does not. */
function wrap(argument: string, index: number, size: number): number {
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new LSTMError("OPTION", `${argument} must be an integer in [${-size}, ${size}), got ${describe(index)}`);
  }
  return index < 0 ? index + size : index;
}

function clamp(argument: string, index: number, size: number): number {
  if (!Number.isInteger(index) && Math.abs(index) !== Infinity) {
    throw new LSTMError("OPTION", `${argument} must be an integer, got ${describe(index)}`);
  }
  return Math.min(Math.max(index < 0 ? index + size : index, 0), size);
}

/** A new shape for the values of an old one, its -1 worked out. */
function resolve(wanted: readonly number[], old: readonly number[]): readonly number[] {
  const size = product(old);
  const open = Array.isArray(wanted) ? wanted.indexOf(-1) : -1;
  const shape = [...checkShape("shape", open < 0 ? wanted : replaced(wanted, open, 1))];
  if (open >= 0) shape[open] = size / product(shape);
  // Of nothing, any size could be left over: 0 / 0 is no integer either.
  if (product(shape) === size && shape.every(Number.isInteger)) return shape;
  throw new LSTMError(
    "SHAPE_MISMATCH",
    `shape [${wanted.join(", ")}] cannot hold the ${size} values of shape [${old.join(", ")}]`,
  );
}
