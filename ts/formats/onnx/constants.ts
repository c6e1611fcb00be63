/** What a model computes from its own tensors alone: exporters cut weights up and put them together in nodes. */

import { shapeText } from "../../checks/describe.js";
import { MAX_DIMENSIONS, product } from "../../tensor/elements.js";
import { contiguous } from "../../tensor/strides.js";
import { asTensor, Tensor } from "../../tensor/tensor.js";
import { invalid } from "./protobuf.js";
import type { TensorMessage } from "./schema.js";
import { type Attributes, attributesOf, inputOf, tensorOf, type Value } from "./scope.js";
import { type ExternalData, readTensor } from "./tensor.js";

/** Operators that leave zeros zeros. */
const KEEPS_ZEROS = /^(Expand|Slice|Unsqueeze|Squeeze|Reshape|Transpose|Identity|Cast|Tile|Split)$/;

/** As many nodes as may stand between a tensor of the file and a weight. */
const MOST_STEPS = 256;

type Inputs = readonly [Tensor, ...(Tensor | undefined)[]];

export type Constants = ReturnType<typeof constantsOf>;

/** @param bytes how large the files are together: what is read, and what is read to compute others, is a multiple of it at most */
export function constantsOf(bytes: number, files: ExternalData) {
  let left = 16 * bytes + 2 ** 16;
  const spend = (values: number) => {
    left -= values;
    if (left < 0) throw invalid("what it computes from its tensors is many times as large as the file");
  };
  const read = (message: TensorMessage): Tensor => {
    const tensor = readTensor(message, files);
    spend(tensor.size);
    return tensor;
  };

  /** The value; undefined if it is known only when the model runs, or makes itself. */
  const of = (value: Value | undefined, steps = 0): Tensor | undefined => {
    if (value === undefined || steps > MOST_STEPS) return undefined;
    value.constant ??= value.tensor ? read(value.tensor) : compute(value, steps + 1);
    return value.constant;
  };

  const compute = ({ node: placed, output }: Value, steps: number): Tensor | undefined => {
    if (placed === undefined || output !== 0) return undefined;
    if (placed.op === "Shape") {
      const shape = inputOf(placed, 0)?.shape ?? of(inputOf(placed, 0), steps)?.shape;
      const { start: [start] = [], end: [end] = [] } = attributesOf(placed);
      return shape && new Tensor(shape.slice(start, end));
    }
    const operator = OPERATORS[placed.op];
    if (operator === undefined) return undefined;
    const inputs: (Tensor | undefined)[] = [];
    for (const [i, name] of placed.node.inputs.entries()) {
      const input = of(inputOf(placed, i), steps);
      if (input === undefined && name !== "") return undefined;
      spend(1 + (input?.size ?? 0)); // no operator makes more of them
      inputs.push(input);
    }
    try {
      return operator(inputs as unknown as Inputs, attributesOf(placed));
    } catch (error) {
      if ((error as { code?: unknown }).code === "OUT_OF_MEMORY") throw error;
      return undefined; // its inputs do not fit each other
    }
  };

  /** Whether it is 0 everywhere, whatever its shape may be. */
  const isZero = (value: Value | undefined, steps = 0): boolean => {
    const { node } = value ?? {};
    const isFilled = node?.op === "ConstantOfShape";
    const filled = isFilled && tensorOf(node);
    const constant = filled ? read(filled) : of(value);
    if (constant) return constant.data.every((one) => one === 0);
    if (steps > MOST_STEPS || !KEEPS_ZEROS.test(node?.op ?? "")) return isFilled;
    return isZero(node && inputOf(node, 0), steps + 1);
  };

  return { of, isZero };
}

/** The integers of a tensor, none of which float32 has rounded. One beyond 2^31 says "up to the end". */
function integersOf({ data }: Tensor): number[] {
  if (data.some((one) => Math.abs(one) > 2 ** 24 && Math.abs(one) < 2 ** 31)) throw new RangeError();
  return [...data];
}

/** Integers for some dimensions, which are an input in later opsets, and were an attribute in earlier ones. */
function listOf(input: Tensor | undefined, attribute: readonly number[] | undefined) {
  const list = input ? integersOf(input) : attribute;
  if (list && list.length > MAX_DIMENSIONS) throw new RangeError();
  return list;
}

const positive = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

type Axes = readonly number[] | Float32Array;

/** Whether a dimension is among these axes, each of which may count back from the end. */
const names = (axes: Axes, d: number, rank: number) => axes.includes(d) || axes.includes(d - rank);

/** A shape without dimensions of size 1; without all of them if no axes are given. */
export const squeezed = (shape: readonly number[], axes?: Axes): number[] =>
  shape.filter((size, d) => (axes ? !names(axes, d, shape.length) : size !== 1));

/** What each operator makes of its inputs; undefined, or an error, for what does not fit or is not read. */
const OPERATORS: Readonly<Record<string, (inputs: Inputs, attributes: Attributes) => Tensor | undefined>> = {
  __proto__: null as never,
  /** Numbers. One that has a tensor is a tensor of the file, and not computed. */
  Constant: (_, { value_float, value_int = value_float, value_floats, value_ints = value_floats }) =>
    value_int ? new Tensor([value_int[0] ?? 0], []) : value_ints && new Tensor(value_ints),
  Identity: ([x]) => x,
  /** float and double are read as float32; of int32 and int64 the fraction goes. */
  Cast: ([x], { to: [to] = [] }) => {
    if (to === 1 || to === 11) return x;
    return to === 6 || to === 7 ? new Tensor(x.data.map(Math.trunc), x.shape) : undefined;
  },
  Squeeze: ([x, input], { axes }) => x.reshape(squeezed(x.shape, listOf(input, axes))),
  Unsqueeze: ([x, input], { axes }) => {
    const added = listOf(input, axes) ?? [];
    const [sizes, rank] = [[...x.shape], x.shape.length + added.length];
    return x.reshape(Array.from({ length: rank }, (_, d) => (names(added, d, rank) ? 1 : (sizes.shift() as number))));
  },
  Reshape: ([x, target]) => target && x.reshape(integersOf(target).map((size, d) => size || x.shape[d] || 0)),
  Transpose: ([x], { perm }) => transposed(x, perm),
  Slice: ([x, starts, ends, axes, steps], attributes) => {
    const from = listOf(starts, attributes.starts) ?? [];
    const to = listOf(ends, attributes.ends) ?? [];
    const along = listOf(axes, attributes.axes) ?? from.map((_, d) => d);
    if (steps?.data.some((step) => step !== 1) || along.length !== from.length || to.length !== from.length)
      return undefined;
    return along.reduce((one, axis, i) => one.slice(axis, from[i] as number, to[i]), x);
  },
  Concat: (inputs, { axis: [axis] = [] }) => concatenated(inputs as readonly Tensor[], axis),
  /** Of a shape, which goes into a Reshape. */
  Gather: ([x, index]) =>
    index && x.shape.length === 1 && index.size === 1
      ? x.select(0, integersOf(index)[0] as number).reshape(index.shape)
      : undefined,
  DequantizeLinear: ([x, scale, zero], { axis: [axis = 1] = [], block_size: [block] = [] }) => {
    const d = positive(axis, x.shape.length);
    if (scale === undefined || block || (scale.size !== 1 && scale.size !== x.shape[d])) return undefined;
    return dequantized(x, scale, zero, product(x.shape.slice(d + 1)));
  },
};

/** (x - zero) * scale, with one scale for each `inner` values, and again from the first one on; undefined if zero does not fit. */
export function dequantized(x: Tensor, scale: Tensor, zero: Tensor | undefined, inner: number): Tensor | undefined {
  if (zero !== undefined && zero.size !== scale.size) return undefined;
  const values = x.data.map((value, i) => {
    const at = Math.floor(i / inner) % scale.size;
    return (value - (zero?.data[at] ?? 0)) * (scale.data[at] as number);
  });
  return new Tensor(values, x.shape);
}

/** A list in another order, a permutation; backwards if none is given. undefined if it is none. */
export function permuted<T>(list: readonly T[], perm: readonly number[] = []): T[] | undefined {
  const order = perm.length > 0 ? perm : list.map((_, d) => list.length - 1 - d);
  if (order.length !== list.length || !list.every((_, d) => order.includes(d))) return undefined;
  return list.map((_, d) => list[order[d] as number] as T);
}

/** @param perm which dimension of `x` each one is; all of them backwards if left out */
export function transposed(x: Tensor, perm?: readonly number[]): Tensor | undefined {
  const [shape, strides] = [permuted(x.shape, perm), permuted(contiguous(x.shape, false), perm)];
  return shape && strides && asTensor("x", { data: x.data, shape, strides });
}

/** One behind the other along an axis; undefined if their other sizes differ. */
export function concatenated(parts: readonly Tensor[], axis = 0): Tensor | undefined {
  const [{ shape }] = parts as readonly [Tensor];
  const d = positive(axis, shape.length);
  const others = ({ shape }: Tensor) => shapeText(shape.map((size, i) => (i === d ? "*" : size)));
  if (!parts.every((one) => others(one) === others(parts[0] as Tensor))) return undefined;
  const outer = product(shape.slice(0, d));
  const result = Tensor.zeros([parts.reduce((sum, { size }) => sum + size, 0)]);
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const { data, size } of parts) {
      const run = size / outer;
      result.data.set(data.subarray(o * run, (o + 1) * run), at);
      at += run;
    }
  }
  return result.reshape(shape.map((size, i) => (i === d ? -1 : size)));
}
