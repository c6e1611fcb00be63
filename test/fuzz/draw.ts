/** Random choices that follow from a seed, and the arguments that are made of them. */
import { PackedSequence, packPaddedSequence, Tensor } from "lstm-wasm";
import { mulberry32 } from "../../examples/mulberry32.js";

export class Draw {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = mulberry32(seed);
    this.#next(); // seeds that follow each other begin alike
  }

  /** An integer from `least` to `most`. */
  int(least: number, most: number): number {
    return least + Math.floor(this.#next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)] as T;
  }

  /** A seed for a module or another Draw. */
  seed(): number {
    return this.int(0, 2 ** 31 - 1);
  }

  /** Values around zero; `wild` ones are at times enormous, tiny or not finite. */
  values(length: number, wild = false): Float32Array {
    return Float32Array.from({ length }, () =>
      wild && this.chance(0.1) ? this.pick(WILD) : 2 * (this.#next() + this.#next() - 1),
    );
  }

  tensor(shape: readonly number[], wild = false): Tensor {
    return new Tensor(this.values(size(shape), wild), shape);
  }

  /** Padded rows (steps, batch, columns) packed with lengths from 0 on. */
  packed(steps: number, batch: number, columns: number, wild = false): PackedSequence {
    const lengths = Array.from({ length: batch }, () => this.int(0, steps));
    const enforceSorted = this.chance(0.3);
    if (enforceSorted) lengths.sort((a, b) => b - a);
    return packPaddedSequence(this.tensor([steps, batch, columns], wild), lengths, { enforceSorted });
  }

  /** One of the forms in which every function takes this tensor; `call` is called while it is read, if the form can. */
  dressed(value: unknown, call?: () => void): unknown {
    if (Array.isArray(value)) return value.map((each) => this.dressed(each, call));
    if (!(value instanceof Tensor)) return value;
    const { data, shape } = value;
    if (call !== undefined) {
      return {
        get data() {
          call();
          return data;
        },
        shape,
      };
    }
    const form = this.int(0, 5);
    if (form === 0) return { data, shape };
    if (form === 1) return { data, dims: [...shape] };
    // Nested arrays cannot tell a shape beyond a dimension of 0, nor a single number.
    if (form === 2 && data.length > 0 && shape.length > 0) return value.toArray();
    return value;
  }

  /** What no function takes for a tensor, whatever the shape that it expects. */
  nonsense(): unknown {
    return this.pick(NONSENSE)();
  }
}

const WILD = [0, -0, 1e-45, -1e-30, 1e5, -1e20, 3e38, Infinity, -Infinity, NaN];

const NONSENSE: readonly (() => unknown)[] = [
  () => null,
  () => "text",
  () => 3,
  () => true,
  () => ({}),
  () => () => 1,
  () => Symbol("no tensor"),
  () => new Float64Array(4),
  () => new BigInt64Array(4),
  () => new Uint16Array(4),
  () => ({ data: ["1", "2"], shape: [2] }),
  () => ({ data: new Float32Array(2), shape: [3] }),
  () => ({ data: new Float32Array(2), shape: [-1, -2] }),
  () => ({ data: new Float32Array(2), shape: [NaN] }),
  () => ({ data: new Float32Array(0), shape: "none" }),
  () => ({ data: new Float32Array(2) }),
  () => [[1, 2], [3]],
  () => [[1, "2"]],
  () => [[1], null],
  () => new Array(3),
  () => holdsItself(),
  () => new Proxy(new Float32Array(4), {}),
];

function holdsItself(): unknown[] {
  const array: unknown[] = [];
  array.push(array);
  return array;
}

/** The number of values of a shape. */
export const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** A copy of arguments, so that the ones given can be written over. */
export function copied<T>(value: T): T {
  if (value instanceof Tensor) return new Tensor(value.data.slice(), value.shape) as T;
  if (value instanceof Int32Array || value instanceof Float32Array) return value.slice() as T;
  if (value instanceof PackedSequence) {
    const { data, batchSizes, sortedIndices } = value;
    return new PackedSequence(copied(data), batchSizes.slice(), sortedIndices?.slice() ?? null) as T;
  }
  if (Array.isArray(value)) return value.map(copied) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copied(inner)])) as T;
}

/** Writes over every value of arguments or results. */
export function scribble(value: unknown): void {
  if (value instanceof Float32Array) value.fill(NaN);
  else if (value instanceof PackedSequence) scribble(value.data);
  else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) scribble(inner);
}
