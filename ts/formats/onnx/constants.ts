/** What a model computes from its own tensors alone: exporters cut weights up and put them together in nodes. */

import { MAX_DIMENSIONS, product } from "../../tensor/elements.js";
import { sameValues } from "../../tensor/shape.js";
import { contiguous } from "../../tensor/strides.js";
import { asTensor, Tensor } from "../../tensor/tensor.js";
import { AttributeProto, DataType } from "./fields.js";
import { budget, type Message } from "./protobuf.js";
import type { Placed, Value } from "./scope.js";
import { type ExternalData, readTensor } from "./tensor.js";

/** As many nodes as may stand between a tensor of the file and a weight. */
const MOST_STEPS = 256;

/** Shapes that are known of values that are not. */
export type Shapes = ReadonlyMap<Value | undefined, readonly number[]>;

/** What is known of a model's values without running it. */
export interface Constants {
  /** The value; undefined if it is known only when the model runs, or with these shapes. */
  of(value: Value | undefined, shapes?: Shapes): Tensor | undefined;
  /** Whether it is 0 everywhere, whatever its shape may be. */
  isZero(value: Value | undefined): boolean;
}

/** @param bytes how large the files are together: what is read, and what is read to compute others, is a multiple of it at most */
export function constantsOf(bytes: number, files: ExternalData): Constants {
  /** undefined also for what is being computed: a cycle is not constant. */
  const known = new Map<Value, Tensor | undefined>();
  const spend = budget(16 * bytes + 2 ** 16, "values");

  const read = (message: Message): Tensor => {
    const tensor = readTensor(message, files);
    spend(tensor.size);
    return tensor;
  };

  const of = (value: Value | undefined, shapes?: Shapes, steps = 0): Tensor | undefined => {
    if (value === undefined || steps > MOST_STEPS) return undefined;
    let tensor = known.get(value);
    if (shapes && value.tensor === undefined) tensor ??= compute(value, shapes, steps + 1);
    else if (!known.has(value)) {
      known.set(value, undefined);
      tensor = value.tensor ? read(value.tensor) : compute(value, undefined, steps + 1);
      known.set(value, tensor);
    }
    spend(1 + (tensor?.size ?? 0)); // who asks goes through it
    return tensor;
  };

  const compute = ({ node: placed, output }: Value, shapes: Shapes | undefined, steps: number): Tensor | undefined => {
    spend(16); // its attributes are searched, also where that comes to nothing
    if (placed === undefined || output !== 0) return undefined;
    const { op } = placed;
    if (op === "Constant") return literal(placed);
    if (op === "Shape") {
      const shape = shapes?.get(placed.input(0)) ?? of(placed.input(0), shapes, steps)?.shape;
      return shape && new Tensor(shape.slice(placed.int("start") ?? 0, placed.int("end")));
    }
    const operator = OPERATORS[op];
    if (operator === undefined) return undefined;
    const inputs: (Tensor | undefined)[] = [];
    for (const name of placed.inputs) {
      const input = of(placed.scope[name], shapes, steps);
      if (!input && name) return undefined;
      inputs.push(input);
    }
    if (!inputs[0]) return undefined;
    try {
      return operator(inputs as unknown as Inputs, placed);
    } catch (error) {
      if (/FILE|MEMORY/.test((error as { code?: string }).code ?? "")) throw error;
      return undefined; // its inputs do not fit each other
    }
  };

  const isZero = (value: Value | undefined, steps = 0): boolean => {
    const node = value?.node;
    const op = node?.op ?? "";
    const isFilled = op === "ConstantOfShape";
    const filled = isFilled && node?.attribute("value")?.messages(AttributeProto.t).at(-1);
    const constant = of(value) ?? (filled ? read(filled) : undefined);
    if (isFilled || constant) return constant?.data.every((one) => one === 0) ?? true;
    const keeps = /^(Expand|Slice|Unsqueeze|Squeeze|Reshape|Transpose|Identity|Cast|Tile|Split)$/.test(op);
    return keeps && steps <= MOST_STEPS && isZero(node?.input(0), steps + 1);
  };

  return { of, isZero };
}

/** The numbers of a Constant node that stand in it without a tensor. */
function literal(placed: Placed): Tensor | undefined {
  const float = placed.attribute("value_float");
  const one = float ? (float.floats(AttributeProto.f).at(-1) ?? 0) : placed.int("value_int");
  if (one !== undefined) return new Tensor([one], []);
  const list = placed.attribute("value_floats")?.floats(AttributeProto.floats) ?? placed.ints("value_ints");
  return list && new Tensor(list);
}

type Inputs = readonly [Tensor, ...(Tensor | undefined)[]];

/** The integers of a tensor, none of which float32 has rounded. One beyond 2^31 says "up to the end". */
function integersOf({ data }: Tensor): number[] {
  if (data.some((one) => Math.abs(one) > 2 ** 24 && Math.abs(one) < 2 ** 31)) throw new RangeError();
  return [...data];
}

/** Integers for some dimensions, which are an input in later opsets, and were an attribute in earlier ones. */
function listOf(input: Tensor | undefined, placed: Placed, attribute: string): readonly number[] | undefined {
  const list = input ? integersOf(input) : placed.ints(attribute);
  if (list && list.length > MAX_DIMENSIONS) throw new RangeError(); // each may cost a copy of the tensor
  return list;
}

const positive = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

/** What each operator makes of its inputs; undefined, or an error, for what does not fit or is not read. */
const OPERATORS: Readonly<Record<string, (inputs: Inputs, placed: Placed) => Tensor | undefined>> = {
  __proto__: null as never,
  Identity: ([x]) => x,
  /** float and double are read as float32; of int32 and int64 the fraction goes. */
  Cast: ([x], placed) => {
    const to = placed.int("to");
    if (to === DataType.FLOAT || to === DataType.DOUBLE) return x;
    return to === DataType.INT32 || to === DataType.INT64 ? new Tensor(x.data.map(Math.trunc), x.shape) : undefined;
  },
  Squeeze: ([x, axes], placed) => {
    const gone = listOf(axes, placed, "axes")?.map((axis) => positive(axis, x.shape.length));
    return x.reshape(x.shape.filter((size, d) => (gone ? !gone.includes(d) : size !== 1)));
  },
  Unsqueeze: ([x, axes], placed) => {
    const added = listOf(axes, placed, "axes") ?? [];
    const shape = [...x.shape];
    const places = added.map((axis) => positive(axis, x.shape.length + added.length));
    for (const axis of places.sort((a, b) => a - b)) shape.splice(axis, 0, 1);
    return x.reshape(shape);
  },
  Reshape: ([x, target]) =>
    target && x.reshape(integersOf(target).map((size, d) => (size === 0 ? (x.shape[d] ?? 0) : size))),
  Transpose: ([x], placed) => transposed(x, placed.ints("perm")),
  Slice: ([x, starts, ends, axes, steps], placed) => {
    const from = listOf(starts, placed, "starts") ?? [];
    const to = listOf(ends, placed, "ends") ?? [];
    const along = listOf(axes, placed, "axes") ?? from.map((_, d) => d);
    if (steps?.data.some((step) => step !== 1) || along.length !== from.length || to.length !== from.length)
      return undefined;
    return along.reduce((one, axis, i) => one.slice(axis, from[i] as number, to[i]), x);
  },
  Concat: (inputs, placed) => concatenated(inputs as readonly Tensor[], placed.int("axis")),
  /** Of a shape, which goes into a Reshape. */
  Gather: ([x, index]) =>
    index && x.shape.length === 1 && index.size === 1
      ? x.select(0, integersOf(index)[0] as number).reshape(index.shape)
      : undefined,
  DequantizeLinear: ([x, scale, zero], placed) => {
    if (scale === undefined || placed.int("block_size")) return undefined;
    const axis = positive(placed.int("axis") ?? 1, x.shape.length);
    const fits = [1, x.shape[axis]].includes(scale.size);
    return fits ? dequantized(x, scale, zero, product(x.shape.slice(axis + 1))) : undefined;
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
  const order = perm.length > 0 ? perm : [...list.keys()].reverse();
  if (order.length !== list.length || !list.every((_, d) => order.includes(d))) return undefined;
  return order.map((d) => list[d] as T);
}

/** @param perm which dimension of `x` each one is; all of them backwards if left out */
export function transposed(x: Tensor, perm?: readonly number[]): Tensor | undefined {
  const [shape, strides] = [permuted(x.shape, perm), permuted(contiguous(x.shape, false), perm)];
  return shape && strides && asTensor("x", { data: x.data, shape, strides });
}

/** One behind the other along an axis; undefined if their other sizes differ. */
export function concatenated(parts: readonly Tensor[], axis = 0): Tensor | undefined {
  const { shape } = parts[0] as Tensor;
  const d = positive(axis, shape.length);
  const others = (one: readonly number[]) => one.map((size, i) => (i === d ? 0 : size));
  if (d >= shape.length || !parts.every((one) => sameValues(others(one.shape), others(shape)))) return undefined;
  const total = parts.reduce((sum, one) => sum + (one.shape[d] as number), 0);
  const result = Tensor.zeros(shape.map((size, i) => (i === d ? total : size)));
  const outer = product(shape.slice(0, d));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const { data, size } of parts) {
      const run = size / outer;
      result.data.set(data.subarray(o * run, (o + 1) * run), at);
      at += run;
    }
  }
  return result;
}
