/** What the float64 reference of nn.LSTM, nn.GRU and nn.RNN says, for whole batches and with dropout. */
import { PackedSequence, RNN, Tensor } from "lstm-wasm";
import { backward, forward, type Stack, sizesOf, stateSizes } from "../support/cells.js";
import { masks as maskOf } from "../support/masks.js";
import { type Between, type Matrix, reference } from "../support/reference.js";
import { expectClose, fail } from "./compare.js";
import type { Draw } from "./draw.js";

type Masks = { seed: number; call: number };
type Values = Float32Array | Float64Array;
type Parameters = Record<string, Tensor>;

/** A batch's rows in the kernels' order, step by step: where step t of sequence b lies in tensors as they were given. */
interface Layout {
  readonly lengths: readonly number[];
  /** The row of the caller's input. */
  row(t: number, b: number): number;
  /** The row by which masks are drawn. */
  drawn(t: number, b: number): number;
}

function layoutOf(stack: Stack, input: Tensor | PackedSequence): Layout {
  if (input instanceof PackedSequence) {
    const { batchSizes, sortedIndices, batch } = input;
    const places = Array.from({ length: batch }, (_, b) => (sortedIndices ? sortedIndices.indexOf(b) : b));
    const starts = Array.from(batchSizes, (_, t) => batchSizes.slice(0, t).reduce((sum, size) => sum + size, 0));
    const lengths = places.map((place) => batchSizes.filter((size) => size > place).length);
    const row = (t: number, b: number) => (starts[t] as number) + (places[b] as number);
    return { lengths, row, drawn: row };
  }
  const { shape } = input;
  const first = stack.batchFirst && shape.length === 3;
  const [steps, batch] = (first ? [shape[1], shape[0]] : [shape[0], shape.length === 3 ? shape[1] : 1]) as [
    number,
    number,
  ];
  const drawn = (t: number, b: number) => t * batch + b;
  const row = first ? (t: number, b: number) => b * steps + t : drawn;
  return { lengths: new Array(batch).fill(steps), row, drawn };
}

/** Row `index` of values with so many columns. */
const rowOf = (values: Values, index: number, columns: number) =>
  Array.from(values.subarray(index * columns, (index + 1) * columns));

/** Columns of h and c; 0 where there is no c, whose values are then none. */
const widthsOf = (stack: Stack) => [...stateSizes(stack), 0] as unknown as readonly [h: number, c: number];

/** What a forward computes, sequence by sequence, in the layout of its results. */
function answers(
  stack: Stack,
  parameters: Parameters,
  layout: Layout,
  x: Values,
  h0: Values,
  c0: Values,
  dropout?: Masks,
) {
  const directions = stack.bidirectional ? 2 : 1;
  const [states, batch] = [stack.numLayers * directions, layout.lengths.length];
  const widths = widthsOf(stack);
  const columns = widths[0] * directions;
  const rows = layout.lengths.reduce((sum, length) => sum + length, 0);
  const output = new Float64Array(rows * columns);
  const h = new Float64Array(states * batch * widths[0]);
  const c = new Float64Array(states * batch * widths[1]);
  for (const [b, length] of layout.lengths.entries()) {
    const times = [...Array(length).keys()];
    const state = (values: Values, width: number): Matrix =>
      Array.from({ length: states }, (_, s) => rowOf(values, s * batch + b, width));
    const sequence = times.map((t) => rowOf(x, layout.row(t, b), stack.inputSize));
    const drop = dropout && ofSequence(maskOf({ p: stack.dropout, ...dropout }), layout, b);
    const result = reference(sizesOf(stack), parameters, sequence, state(h0, widths[0]), state(c0, widths[1]), drop);
    for (const t of times) output.set(result.output[t] as number[], layout.row(t, b) * columns);
    for (let s = 0; s < states; s++) {
      h.set(result.h[s] as number[], (s * batch + b) * widths[0]);
      c.set(result.c[s] as number[], (s * batch + b) * widths[1]);
    }
  }
  return { output, h, c };
}

/** Masks of all rows, for the rows of one sequence among them. */
function ofSequence(drop: Between, layout: Layout, b: number): Between {
  return (output, layer) => {
    const all: Matrix = [];
    for (const [t, row] of output.entries()) all[layout.drawn(t, b)] = row;
    const dropped = drop(
      Array.from(all, (row) => row ?? (output[0] ?? []).map(() => 0)),
      layer,
    );
    return output.map((_, t) => dropped[layout.drawn(t, b)] as number[]);
  };
}

/** The values of a result or an argument, packed or not. */
const valuesOf = (value: Tensor | PackedSequence): Float32Array =>
  value instanceof PackedSequence ? value.data.data : value.data;

/** The states, or their gradients, in an argument or a result. */
const statesOf = (state: unknown): Tensor[] => (state == null ? [] : [state as Tensor | Tensor[]].flat());

/** What stands in for c where there is none. */
const NONE = new Tensor([], [0]);

/** The arguments of a forward, zeros where there is no state. */
function read(stack: Stack, [input, state]: readonly unknown[]) {
  const given = input as Tensor | PackedSequence;
  const layout = layoutOf(stack, given);
  const count = stack.numLayers * (stack.bidirectional ? 2 : 1) * layout.lengths.length;
  const [h0, c0] = statesOf(state).map(valuesOf);
  const zeros = (width: number) => new Float32Array(count * width);
  const [hSize, cSize] = widthsOf(stack);
  return { layout, x: valuesOf(given), h0: h0 ?? zeros(hSize), c0: c0 ?? zeros(cSize) };
}

/** Values that float32 can follow: for others, only bits are compared. */
const tame = (...all: readonly Values[]) =>
  all.every((values) => values.every((value: number) => Math.abs(value) < 20));

/** Holds the result of a forward to the reference, and each sequence of a batch to itself alone, to the bit. */
export function expectReference(
  stack: Stack,
  inputs: readonly unknown[],
  result: unknown,
  drawn: Masks | undefined,
): void {
  const { layout, x, h0, c0 } = read(stack, inputs);
  const [output, last] = result as [Tensor | PackedSequence, unknown];
  const [hn, cn = NONE] = statesOf(last) as [Tensor, Tensor?];
  const parameters = stack.stateDict();
  const counted = drawn === undefined || drawn.call < 2 ** 32; // as far as the reference counts
  if (counted && tame(x, h0, c0, ...Object.values(parameters).map(({ data }) => data))) {
    const run = (all: typeof parameters) =>
      answers(stack, all, layout, x, h0, c0, stack.dropout > 0 ? drawn : undefined);
    const expected = run(parameters);
    // With large weights a cell multiplies every rounding, step by step. How much it does here, the reference itself tells,
    // with each weight off by a rounding of float32.
    const shaken = run(
      Object.fromEntries(
        Object.entries(parameters).map(([name, { data, shape }]) => [
          name,
          new Tensor(
            data.map((value, i) => value * (1 + (i % 2 === 0 ? 2 ** -22 : -(2 ** -22)))),
            shape,
          ),
        ]),
      ),
    );
    const close = (what: "output" | "h" | "c", actual: Float32Array) => {
      const [wanted, other] = [expected[what], shaken[what]];
      const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0.25);
      const spread = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] as number))), 0);
      expectClose(what, actual, wanted, Math.max(1e-5, (8 * spread) / largest));
    };
    close("output", valuesOf(output));
    close("h", hn.data);
    close("c", cn.data);
  }
  if (stack.dropout > 0 && drawn !== undefined) return;
  expectAlone(stack, layout, { x, h0, c0 }, [valuesOf(output), hn.data, cn.data]);
}

/** One of the sequences, run alone. */
function expectAlone(
  stack: Stack,
  layout: Layout,
  { x, h0, c0 }: Record<"x" | "h0" | "c0", Float32Array>,
  [output, hn, cn]: readonly [Float32Array, Float32Array, Float32Array],
): void {
  const batch = layout.lengths.length;
  const b = (x.length + h0.length) % Math.max(batch, 1);
  const steps = layout.lengths[b] ?? 0;
  if (batch < 2) return;
  const directions = stack.bidirectional ? 2 : 1;
  const [hSize, cSize] = widthsOf(stack);
  const states = stack.numLayers * directions;
  const state = (values: Float32Array, width: number) =>
    new Tensor(Array.from({ length: states }, (_, s) => rowOf(values, s * batch + b, width)).flat(), [states, width]);
  const rows = (values: Float32Array, columns: number) =>
    [...Array(steps).keys()].flatMap((t) => rowOf(values, layout.row(t, b), columns));
  const sequence = new Tensor(rows(x, stack.inputSize), [steps, stack.inputSize]);
  const [alone, last] = forward(stack, sequence, [state(h0, hSize), state(c0, cSize)]);
  const [h, c = NONE] = last as [Tensor, Tensor?];
  const columns = hSize * directions;
  expectBits(`output of sequence ${b} alone`, rows(output, columns), alone.data);
  expectBits(`hn of sequence ${b} alone`, state(hn, hSize).data, h.data);
  expectBits(`cn of sequence ${b} alone`, state(cn, cSize).data, c.data);
}

function expectBits(what: string, inBatch: ArrayLike<number>, alone: ArrayLike<number>): void {
  for (let i = 0; i < alone.length; i++) {
    if (!Object.is(inBatch[i], alone[i])) fail(`${what}: [${i}] is ${alone[i]}, in its batch ${inBatch[i]}`);
  }
}

/** Holds the gradients of fresh layers to the slope of the float64 reference in a random direction of everything. */
export function expectSlope(
  stack: Stack,
  inputs: readonly unknown[],
  gradients: readonly unknown[],
  drawn: Masks | undefined,
  draw: Draw,
): void {
  const { layout, x, h0, c0 } = read(stack, inputs);
  if (
    x.length === 0 ||
    (drawn?.call ?? 0) >= 2 ** 32 ||
    !tame(x, h0, c0, ...stack.parameters().map(({ data }) => data))
  )
    return;
  stack.zeroGrad();
  if (drawn !== undefined && stack.dropout > 0) stack.dropoutDraw = drawn;
  const first = inputs[1] == null ? undefined : statesOf(inputs[1]);
  const [output, last] = forward(stack, inputs[0] as Tensor, first);
  const [hn, cn = NONE] = last as [Tensor, Tensor?];
  const [ofH, ofC] = statesOf(gradients[1]) as (Tensor | null | undefined)[];
  const [backInput, [backH, backC = NONE]] = backward(stack, gradients[0] as Tensor, [ofH, ofC] as Tensor[]) as [
    Tensor,
    [Tensor, Tensor?],
  ];
  const weights = [gradients[0] as Tensor | null, ofH, ofC].map((given, i) =>
    given == null ? new Float32Array(valuesOf([output, hn, cn][i] as Tensor).length) : valuesOf(given),
  );
  const moving: [Float32Array, Float32Array][] = [
    [x, valuesOf(backInput)],
    [h0, backH.data],
    [c0, backC.data],
    ...stack.parameters().map(({ data, grad }): [Float32Array, Float32Array] => [data, grad as Float32Array]),
  ];
  const directions = moving.map(([values]) => draw.values(values.length));
  const loss = (step: number): number => {
    const moved = moving.map(([values], k) =>
      Float64Array.from(values, (v, i) => v + step * (directions[k]?.[i] as number)),
    );
    const names = stack.namedParameters().map(([name, { shape }], k) => [name, { shape, data: moved[k + 3] }]);
    const [mx, mh, mc] = moved as [Float64Array, Float64Array, Float64Array];
    const parameters = Object.fromEntries(names) as unknown as Parameters;
    const result = answers(stack, parameters, layout, mx, mh, mc, stack.dropout > 0 ? drawn : undefined);
    return dot(result.output, weights[0]) + dot(result.h, weights[1]) + dot(result.c, weights[2]);
  };
  const step = 1e-5;
  const expected = (loss(step) - loss(-step)) / (2 * step);
  const slope = moving.reduce((sum, [, grad], k) => sum + dot(grad, directions[k]), 0);
  const size = moving.reduce((sum, [, grad]) => sum + Math.sqrt(dot(grad, grad)), 10);
  if (Math.abs(slope - expected) <= 1e-4 * size) return;
  // Where a relu begins between -step and step, the slope is another on each side, and float32 may stand on either.
  const here = loss(0);
  const kinked = Math.abs(loss(step) + loss(-step) - 2 * here) > 1e-4 * size * step;
  if (stack instanceof RNN && stack.nonlinearity === "relu" && kinked) return;
  fail(`the slope is ${slope}, the reference's ${expected}`);
}

const dot = (a: Values, b: Values | undefined) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b?.[i] as number);
  return sum;
};
