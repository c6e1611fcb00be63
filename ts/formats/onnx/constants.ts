/** What a model computes from its own tensors alone: exporters cut weights up and put them together in nodes. */
import { product } from "../../tensor/elements.js";
import { contiguous, eachOffset } from "../../tensor/strides.js";
import { invalid } from "./protobuf.js";
import type { Attribute, TensorMessage } from "./schema.js";
import { attributesOf, isStandard, type Placed, type Scope, type Value } from "./scope.js";
import { type Constant, type ExternalData, readTensor } from "./tensor.js";

/** As many nodes as may stand between a tensor of the file and a weight. */
const MOST_STEPS = 256;

export class Constants {
  /** undefined also for what is being computed: a cycle is not constant. */
  readonly #known = new Map<Value, Constant | undefined>();
  #left: number;

  constructor(
    /** How large the files are together: what is read, and what is read to compute others, is a multiple of it at most. */
    bytes: number,
    readonly external: ExternalData,
  ) {
    this.#left = 16 * bytes + 2 ** 16;
  }

  /** The value of this name; undefined if it is known only when the model runs. */
  get(scope: Scope, name: string | undefined, steps = 0): Constant | undefined {
    return this.of(scope.find(name), steps);
  }

  of(value: Value | undefined, steps = 0): Constant | undefined {
    if (value === undefined || steps > MOST_STEPS) return undefined;
    if (this.#known.has(value)) return this.#known.get(value);
    this.#known.set(value, undefined);
    let constant: Constant | undefined;
    if (value.tensor !== undefined) constant = this.#read(value.tensor);
    else if (value.node !== undefined && value.output === 0) constant = this.#compute(value.node, steps + 1);
    this.#known.set(value, constant);
    return constant;
  }

  #read(tensor: TensorMessage): Constant {
    const constant = readTensor(tensor, this.external);
    this.#spend(constant);
    return constant;
  }

  #spend(constant: Constant | undefined): void {
    this.#left -= constant?.values.length ?? 0;
    if (this.#left < 0) throw invalid("what it holds and computes from that is many times as large as the file");
  }

  /** Whether it is 0 everywhere, whatever its shape may be. */
  isZero(value: Value | undefined, steps = 0): boolean {
    if (value === undefined || steps > MOST_STEPS) return false;
    const placed = value.node;
    const op = placed?.node.op ?? "";
    if (placed === undefined || op === "Constant") return this.of(value)?.values.every((one) => one === 0) ?? false;
    if (op === "ConstantOfShape") {
      const filled = attributesOf(placed).get("value")?.t;
      return filled === undefined || this.#read(filled).values.every((one) => one === 0);
    }
    const first = placed.scope.find(placed.node.inputs[0]);
    return (
      /^(Expand|Slice|Unsqueeze|Squeeze|Reshape|Transpose|Identity|Cast|Tile|Split)$/.test(op) &&
      this.isZero(first, steps + 1)
    );
  }

  #compute(placed: Placed, steps: number): Constant | undefined {
    const { node, scope } = placed;
    if (!isStandard(node.domain)) return undefined;
    const attributes = attributesOf(placed);
    if (node.op === "Constant") return this.#literal(attributes);
    const compute = OPERATORS[node.op ?? ""];
    if (compute === undefined) return undefined;
    const inputs: (Constant | undefined)[] = [];
    for (const name of node.inputs) {
      const input = this.get(scope, name, steps);
      if (input === undefined && name !== "") return undefined;
      inputs.push(input);
    }
    if (inputs[0] === undefined) return undefined;
    for (const input of inputs) this.#spend(input); // no operator makes more of them
    return compute(inputs as [Constant, ...(Constant | undefined)[]], attributes);
  }

  /** A Constant node. */
  #literal(attributes: ReadonlyMap<string, Attribute>): Constant | undefined {
    for (const [name, { t, f, i, floats, ints }] of attributes) {
      if (name === "value" && t !== undefined) return this.#read(t);
      if (name === "value_float") return { shape: [], values: Float32Array.of(f ?? 0) };
      if (name === "value_int") return { shape: [], values: Float64Array.of(i ?? 0) };
      if (name === "value_floats") return { shape: [floats.length], values: Float32Array.from(floats) };
      if (name === "value_ints") return { shape: [ints.length], values: Float64Array.from(ints) };
    }
    return undefined;
  }
}

type Inputs = readonly [Constant, ...(Constant | undefined)[]];
type Operator = (inputs: Inputs, attributes: ReadonlyMap<string, Attribute>) => Constant | undefined;

const reshaped = ({ values }: Constant, shape: readonly number[]): Constant | undefined =>
  product(shape) === values.length && shape.every((size) => size >= 0) ? { shape, values } : undefined;

/** Axes as a list: an input since opset 13, an attribute before. */
export function axesOf(inputs: readonly (Constant | undefined)[], attributes: ReadonlyMap<string, Attribute>) {
  const given = inputs[1] === undefined ? attributes.get("axes")?.ints : [...inputs[1].values];
  return (rank: number) => given?.map((axis) => (axis < 0 ? axis + rank : axis));
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  __proto__: null as never,
  Identity: ([x]) => x,
  /** Numbers of another type; of floating-point ones only the widths differ, and those are read as float32. */
  Cast: ([x], attributes) => {
    const type = attributes.get("to")?.i;
    return type === 1 || type === 11 ? { shape: x.shape, values: Float32Array.from(x.values) } : undefined;
  },
  Squeeze: (inputs, attributes) => {
    const [x] = inputs;
    const axes = axesOf(inputs, attributes)(x.shape.length);
    return reshaped(
      x,
      x.shape.filter((size, d) => (axes ? !axes.includes(d) : size !== 1)),
    );
  },
  Unsqueeze: (inputs, attributes) => {
    const [x] = inputs;
    const axes = axesOf(inputs, attributes)(x.shape.length + (inputs[1]?.values.length ?? 1));
    if (axes === undefined) return undefined;
    const shape = [...x.shape];
    for (const axis of [...axes].sort((a, b) => a - b)) shape.splice(axis, 0, 1);
    return reshaped(x, shape);
  },
  Reshape: ([x, target]) => {
    if (target === undefined) return undefined;
    const shape = Array.from(target.values, (size, d) => (size === 0 ? (x.shape[d] ?? 0) : size));
    const free = shape.indexOf(-1);
    if (free >= 0) shape[free] = x.values.length / product(shape.filter((_, d) => d !== free));
    return reshaped(x, shape);
  },
  Transpose: ([x], attributes) => transposed(x, attributes.get("perm")?.ints),
  Slice: ([x, starts, ends, axes, steps], attributes) => {
    const list = (given: Constant | undefined, name: string) =>
      given ? [...given.values] : attributes.get(name)?.ints;
    const from = list(starts, "starts") ?? [];
    const to = list(ends, "ends") ?? [];
    const along = list(axes, "axes") ?? from.map((_, d) => d);
    if (steps?.values.some((step) => step !== 1) || along.length !== from.length || to.length !== from.length)
      return undefined;
    return along.reduce<Constant | undefined>(
      (one, axis, i) => one && sliced(one, axis, from[i] as number, to[i] as number),
      x,
    );
  },
  Concat: (inputs, attributes) => concatenated(inputs as readonly Constant[], attributes.get("axis")?.i ?? 0),
  DequantizeLinear: ([x, scale, zero], attributes) =>
    attributes.get("block_size")?.i || scale === undefined
      ? undefined
      : dequantized(x, scale, zero, scale.values.length === 1 ? 0 : (attributes.get("axis")?.i ?? 1)),
};

/** (x - zero) * scale, with one scale or one for each index of an axis; undefined where they do not fit. */
export function dequantized(
  x: Constant,
  scale: Constant,
  zero: Constant | undefined,
  axis: number,
): Constant | undefined {
  const { shape } = x;
  const d = axis < 0 ? axis + shape.length : axis;
  const count = scale.values.length;
  if ((count !== 1 && count !== shape[d]) || (zero !== undefined && zero.values.length !== count)) return undefined;
  const inner = count === 1 ? x.values.length : product(shape.slice(d + 1));
  const values = Float32Array.from(x.values, (value, i) => {
    const at = Math.floor(i / inner) % count;
    return Math.fround(value - (zero?.values[at] ?? 0)) * (scale.values[at] as number);
  });
  return { shape, values };
}

/** Blocks of the same size and type, which lie at steps of their own in the source. */
function gather(x: Constant, shape: readonly number[], strides: readonly number[], offset: number): Constant {
  const values = new (x.values.constructor as new (size: number) => Float32Array)(product(shape));
  eachOffset(shape, strides, offset, (from, to) => {
    values[to] = x.values[from] as number;
  });
  return { shape, values };
}

/** @param perm which dimension of `x` each one is; all of them backwards if left out */
export function transposed(x: Constant, perm?: readonly number[]): Constant | undefined {
  const order = perm?.length ? perm : x.shape.map((_, d) => x.shape.length - 1 - d);
  if (order.length !== x.shape.length || !x.shape.every((_, d) => order.includes(d))) return undefined;
  const strides = contiguous(x.shape, false);
  const pick = (list: readonly number[]) => order.map((d) => list[d] as number);
  return gather(x, pick(x.shape), pick(strides), 0);
}

function sliced(x: Constant, axis: number, start: number, end: number): Constant | undefined {
  const d = axis < 0 ? axis + x.shape.length : axis;
  const size = x.shape[d];
  if (size === undefined) return undefined;
  const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, 0), size);
  const from = clamp(start);
  const strides = contiguous(x.shape, false);
  const shape = x.shape.map((one, i) => (i === d ? Math.max(clamp(end) - from, 0) : one));
  return gather(x, shape, strides, from * (strides[d] as number));
}

function concatenated(parts: readonly Constant[], axis: number): Constant | undefined {
  const [{ shape, values: first }] = parts as [Constant];
  const d = axis < 0 ? axis + shape.length : axis;
  const fits = (one: Constant) =>
    one.shape.length === shape.length && one.shape.every((size, i) => i === d || size === shape[i]);
  if (d >= shape.length || !parts.every(fits)) return undefined;
  const total = parts.reduce((sum, one) => sum + (one.shape[d] as number), 0);
  const result = shape.map((size, i) => (i === d ? total : size));
  const values = new (first.constructor as new (size: number) => Float32Array)(product(result));
  const outer = product(shape.slice(0, d));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const { values: part } of parts) {
      const block = part.length / outer;
      values.set(part.subarray(o * block, (o + 1) * block), at);
      at += block;
    }
  }
  return { shape: result, values };
}
