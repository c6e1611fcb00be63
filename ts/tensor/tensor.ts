import { describe, shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkObject } from "../checks/options.js";
import type { ArrayOfRank, Floats, NestedNumbers } from "./arrays.js";
import { checkArray, checkShape, checkSize, type Elements, product, zeros } from "./elements.js";
import { formatTensor } from "./format.js";
import { flatten, nestedShape } from "./nested.js";
import type { Quantization } from "./quantization.js";
import { fillNormal, Mt19937, randomSeed } from "./random.js";
import { type MemoryLayout, readForeign, toJSON } from "./strided.js";

export { product, typedArrayName } from "./elements.js";

/** A tensor of another library, such as onnxruntime's or ndarray's: float32 values and their `shape` or `dims`. */
export interface TensorLike extends MemoryLayout {
  /** The values, row-major unless the layout says otherwise. */
  readonly data: Float32Array;
  /** The sizes; either these or `dims`. */
  readonly shape?: readonly number[];
  /** The sizes as onnxruntime calls them. */
  readonly dims?: readonly number[];
}

/** What `JSON.stringify` makes of a Tensor. Strings stand for what JSON has no number for: NaN, infinities, -0. */
export interface TensorJSON {
  /** The values, row-major. */
  readonly data: readonly (number | string)[];
  /** The sizes of the dimensions. */
  readonly shape: readonly number[];
}

/** `[[1, 2, 3], [4, 5, 6]]`: numbers in arrays of equal lengths, to any depth. A Float32Array may stand for a row. */
export type NestedArray = readonly (number | Float32Array | NestedArray)[];

/** Everything that takes a tensor takes any of these. A bare Float32Array has one dimension. */
export type TensorInput =
  | Tensor
  | (MemoryLayout & { readonly data: Float32Array; readonly shape: readonly number[] })
  | (MemoryLayout & { readonly data: Float32Array; readonly dims: readonly number[] })
  | TensorJSON
  | Float32Array
  | NestedArray;

/** Says that data and a frozen shape fit each other. */
const CHECKED = Symbol("checked");
const CHECKED_DATA = Symbol("checked data");
const CHECKED_SHAPE = Symbol("checked shape");

/**
 * Float32 values and a shape, row-major, in ordinary garbage-collected memory.
 *
 * Any dimension may be 0; no dimensions at all hold a single value. The shape is frozen, the values are yours to write.
 */
export class Tensor {
  /** The name of the class, also where a minifier renames it. */
  static readonly name = "Tensor";
  /** The values, row-major, to read and to write. Of a tensor made over shared memory, still a view of that. */
  readonly data: Floats;
  /** The sizes of the dimensions, frozen. */
  readonly shape: readonly number[];
  /** How many values there are: the product of the shape. */
  readonly size: number;
  /** Of an integer weight in a state dict: what its values are integers of. A file keeps the integers, see `lstm-wasm/safetensors`. */
  declare readonly quantization?: Quantization;
  /** @internal What was checked to fit. JavaScript can assign to the public fields, and `asTensor` must notice. */
  declare readonly [CHECKED_DATA]: Float32Array;
  /** @internal */
  declare readonly [CHECKED_SHAPE]: readonly number[];

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
    } else if (Array.isArray(data)) {
      const own = shape === undefined ? nestedShape(FLOATS, "data", data) : [data.length];
      this.data = flatten(FLOATS, "data", data, own).data as Floats;
      this.shape = checkShape("shape", shape ?? own);
    } else {
      this.data = checkArray(FLOATS, "data", data) as Floats;
      this.shape = checkShape("shape", shape ?? [this.data.length]);
    }
    if (checked !== CHECKED) checkSize("shape", this.shape, "data", this.data.length);
    this.size = this.data.length;
    this[CHECKED_DATA] = this.data;
    this[CHECKED_SHAPE] = this.shape;
  }

  /**
   * All zeros.
   *
   * @throws LSTMError `SHAPE_MISMATCH` for what is no shape, `OUT_OF_MEMORY` for one that is too large
   */
  static zeros(shape: readonly number[]): Tensor {
    return blank(checkShape("shape", shape));
  }

  /**
   * Standard normal values. With a seed they are those of `torch.manual_seed(seed); torch.randn(shape)`, equal to
   * rounding (within 1e-6) and not to the bit; without one they differ from call to call.
   *
   * @param options.seed an integer from 0 to 2^53 - 1
   * @throws LSTMError `OPTION` for another seed; `SHAPE_MISMATCH`, `OUT_OF_MEMORY`
   */
  static randn(shape: readonly number[], options: { readonly seed?: number | undefined } = {}): Tensor {
    checkObject("Tensor.randn", options, ["seed"]);
    const generator = new Mt19937(options.seed === undefined ? randomSeed() : options.seed);
    const tensor = Tensor.zeros(shape);
    fillNormal(generator, tensor.data);
    return tensor;
  }

  /**
   * A copy of what is at `index` of dimension `dim`, without that dimension. Both may be negative: -1 is the last.
   *
   * @throws LSTMError `OPTION` for a dimension or an index that the tensor does not have
   */
  select(dim: number, index: number): Tensor {
    const d = wrap("dim", dim, this.shape.length);
    const i = wrap("index", index, this.shape[d] as number);
    return new Tensor(copy(this, d, i, i + 1), replaced(this.shape, d));
  }

  /**
   * A copy of `start` up to and not including `end` (by default, all the rest) of dimension `dim`. As in Python, start
   * and end may count back from the end, and beyond the dimension they are clamped to it.
   *
   * @throws LSTMError `OPTION` for a dimension that the tensor does not have, or for what is no integer
   */
  slice(dim: number, start: number, end?: number): Tensor {
    const d = wrap("dim", dim, this.shape.length);
    const size = this.shape[d] as number;
    const from = clamp("start", start, size);
    const to = Math.max(from, end === undefined ? size : clamp("end", end, size));
    return new Tensor(copy(this, d, from, to), replaced(this.shape, d, to - from));
  }

  /**
   * The same data under another shape, shared and not copied. One dimension may be -1: what the others leave over.
   *
   * @throws LSTMError `SHAPE_MISMATCH` for a shape that does not hold as many values
   */
  reshape(shape: readonly number[]): Tensor {
    return new Tensor(this.data, resolve(shape, this.shape));
  }

  /**
   * The values in nested arrays, as deep as there are dimensions; of a tensor without dimensions, the number itself.
   *
   * With `rank` TypeScript knows how deep the arrays are.
   */
  toArray(): NestedNumbers;
  /**
   * The values in arrays nested `rank` deep.
   *
   * @param rank how many dimensions there must be, 0 to 4
   * @throws LSTMError `SHAPE_MISMATCH` for a tensor of another rank
   */
  toArray<Rank extends keyof ArrayOfRank>(rank: Rank): ArrayOfRank[Rank];
  toArray(rank?: number): unknown {
    if (rank !== undefined && rank !== this.shape.length) {
      const got = `got ${this.shape.length} of shape ${shapeText(this.shape)}`;
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

  /** What `JSON.stringify` writes. Parsed again, it goes wherever a tensor goes. */
  toJSON(): TensorJSON {
    return { data: Array.from(this.data, toJSON), shape: this.shape };
  }
}

/** Entries `from` up to `to` of dimension `dim`, of every outer index in turn. */
function copy({ data, shape }: Tensor, dim: number, from: number, to: number): Float32Array {
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
 * `{ data, dims }` are wrapped, sharing their data if it lies row by row; nested arrays are copied.
 *
 * @throws LSTMError `SHAPE_MISMATCH` or `DTYPE`, its message beginning with the argument's name
 */
export function asTensor(argument: string, value: unknown): Tensor {
  if (value instanceof Tensor && isUnchanged(value)) return value;
  let got: string | undefined;
  if (typeof value === "object" && value !== null) {
    if (ArrayBuffer.isView(value)) return new Tensor(checkArray(FLOATS, argument, value));
    if (Array.isArray(value)) {
      if (!("data" in Object(value[0]))) return wrapped(flatten(FLOATS, argument, value));
      got = "an array of tensors; of an LSTM's result take the first: const [output] = ...";
    } else if ("batchSizes" in value) {
      got =
        "a PackedSequence; padPackedSequence makes one, data are its rows, PackedSequence.from(...) takes a clone or JSON";
    } else if ("data" in value) return wrapped(readForeign(FLOATS, argument, value));
  }
  throw new LSTMError(
    "DTYPE",
    `${argument} must be a Tensor, { data: Float32Array, shape }, or nested arrays of numbers, got ${got ?? describe(value)}`,
  );
}

const isUnchanged = (tensor: Tensor): boolean =>
  tensor.data === tensor[CHECKED_DATA] && tensor.shape === tensor[CHECKED_SHAPE] && tensor.data.length === tensor.size;

const FLOATS: Elements<Float32Array> = {
  name: "Float32Array",
  Array: Float32Array,
  one: "a number",
  includes: (value) => typeof value === "number",
};

const wrapped = (read: { data: Float32Array; shape: readonly number[] }): Tensor =>
  new Tensor(read.data, Object.freeze(read.shape), CHECKED);

/** A tensor of zeros for a frozen shape that was checked. */
export const blank = (shape: readonly number[]): Tensor => new Tensor(allocate(shape), shape, CHECKED);

/** Zeros for a shape that was checked. */
export const allocate = (shape: readonly number[]): Floats => zeros(FLOATS, shape) as Floats;

/** The shape with dimension `dim` of another size, or left out. */
const replaced = (shape: readonly number[], dim: number, ...size: number[]): number[] => [
  ...shape.slice(0, dim),
  ...size,
  ...shape.slice(dim + 1),
];

/** An index that may count back from the end, as one that does not. */
function wrap(argument: string, index: number, size: number): number {
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw mustBe("OPTION", argument, `an integer in [${-size}, ${size})`, index);
  }
  return index < 0 ? index + size : index;
}

function clamp(argument: string, index: number, size: number): number {
  if (!Number.isInteger(index) && Math.abs(index) !== Infinity) {
    throw mustBe("OPTION", argument, "an integer", index);
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
    `shape ${shapeText(wanted)} cannot hold the ${size} values of shape ${shapeText(old)}`,
  );
}
