/** What comes before a packed sequence and after it: padding, packing and unpacking, as in `torch.nn.utils.rnn`. */
import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkBoolean, checkObject } from "../checks/options.js";
import { INTEGERS, product, typedArrayName, zeros } from "./elements.js";
import type { Indices } from "./indices.js";
import { integers, type Lengths, PackedSequence, type PackedSequenceLike } from "./packed-sequence.js";
import { sameValues } from "./shape.js";
import { allocate, asTensor, Tensor, type TensorInput } from "./tensor.js";

/** How a padded tensor is laid out and filled up. */
export interface PaddingOptions {
  /** (batch, seq, ...) rather than (seq, batch, ...); false by default. */
  readonly batchFirst?: boolean | undefined;
  /** What stands after a sequence's end; 0 by default. */
  readonly paddingValue?: number | undefined;
}

/**
 * Packs padded sequences. Lengths of 0 are allowed.
 *
 * @param input (seq, batch, ...), or (batch, seq, ...) with `batchFirst`; numbers or indices, as `padIndices` makes them
 * @param lengths (batch), each from 0 to the padded length
 * @param options.enforceSorted true by default, as in PyTorch: the lengths must not grow. With false any order will do.
 * @throws LSTMError `LENGTHS` for lengths that do not fit, `SHAPE_MISMATCH` or `DTYPE` for the input
 */
export function packPaddedSequence(
  input: TensorInput | Indices,
  lengths: Lengths,
  options: { readonly batchFirst?: boolean | undefined; readonly enforceSorted?: boolean | undefined } = {},
): PackedSequence {
  checkObject("packPaddedSequence", options, ["batchFirst", "enforceSorted"]);
  const { batchFirst = false, enforceSorted = true } = options;
  checkBoolean("batchFirst", batchFirst);
  checkBoolean("enforceSorted", enforceSorted);
  const padded = asRows("input", input);
  const layout = paddedLayout("input", padded.shape, batchFirst);
  const counts = integers("lengths", lengths);
  if (counts.length !== layout.batch) {
    const turned =
      counts.length === layout.steps
        ? `; does the batch come ${batchFirst ? "second" : "first"}? Pass { batchFirst: ${!batchFirst} }`
        : "";
    throw new LSTMError(
      "LENGTHS",
      `lengths must have one entry for each sequence of the batch. Expected ${layout.batch}, got ${counts.length}${turned}`,
    );
  }
  for (const [b, length] of counts.entries()) {
    if (length < 0 || length > layout.steps) {
      throw new LSTMError(
        "LENGTHS",
        `lengths[${b}] must be from 0 to the padded length ${layout.steps}, got ${length}`,
      );
    }
  }
  const rows = counts.reduce((sum, length) => sum + length, 0);
  checkRows(rows);
  const order = longestFirst(counts, enforceSorted);
  const steps = order.length === 0 ? 0 : (counts[order[0] as number] as number);
  const batchSizes = zeros(INTEGERS, [steps]);
  for (const length of counts) for (let t = 0; t < length; t++) batchSizes[t] = (batchSizes[t] as number) + 1;

  const shape = [rows, ...padded.shape.slice(2)];
  const data = allocate(shape);
  eachRow(batchSizes, (row, t, b) => {
    const from = layout.offset(t, order[b] as number);
    data.set(padded.data.subarray(from, from + layout.width), row * layout.width);
  });
  // Sorted input needs no indices, as in PyTorch, unless a length of 0 hides a sequence from batchSizes.
  const sorted = enforceSorted && !counts.includes(0);
  return new PackedSequence(new Tensor(data, shape), batchSizes, sorted ? null : order);
}

/**
 * The inverse of `packPaddedSequence`: the padded tensor and the lengths, both in the caller's order.
 *
 * @param given a PackedSequence, or what `structuredClone` or JSON left of one
 * @param options.paddingValue what fills the rest, 0 by default
 * @param options.totalLength the padded length, by default that of the longest sequence
 * @returns (seq, batch, ...), or (batch, seq, ...) with `batchFirst`; and the lengths
 * @throws LSTMError `OPTION` for a `totalLength` below the longest sequence, `SHAPE_MISMATCH` or `LENGTHS` for fields that do
 *   not fit together, `OUT_OF_MEMORY`
 */
export function padPackedSequence(
  given: PackedSequenceLike,
  options: PaddingOptions & { readonly totalLength?: number | undefined } = {},
): [Tensor, number[]] {
  checkObject("padPackedSequence", options, ["batchFirst", "paddingValue", "totalLength"]);
  if (!("batchSizes" in Object(given))) {
    throw mustBe("SHAPE_MISMATCH", "packed", "a PackedSequence", given);
  }
  const packed = PackedSequence.from(given); // the fields are the caller's, and may have changed
  const { totalLength = packed.steps } = options;
  if (!Number.isSafeInteger(totalLength) || totalLength < packed.steps) {
    throw mustBe("OPTION", "totalLength", `an integer of at least the longest length ${packed.steps}`, totalLength);
  }
  const { data, shape, layout } = allPadding(totalLength, packed.batch, packed.data.shape.slice(1), options);
  const lengths = new Array<number>(packed.batch).fill(0);
  eachRow(packed.batchSizes, (row, t, b) => {
    const to = packed.sortedIndices ? (packed.sortedIndices[b] as number) : b;
    data.set(packed.data.data.subarray(row * layout.width, (row + 1) * layout.width), layout.offset(t, to));
    lengths[to] = t + 1;
  });
  return [new Tensor(data, shape), lengths];
}

/**
 * Pads sequences to the longest and stacks them.
 *
 * @param sequences each (length, ...), alike after the first dimension
 * @param options.paddingValue what fills the rest, 0 by default
 * @returns (longest, batch, ...), or (batch, longest, ...) with `batchFirst`
 * @throws LSTMError `SHAPE_MISMATCH` that names the first sequence that differs; `DTYPE`, `OPTION`, `OUT_OF_MEMORY`
 */
export function padSequence(sequences: readonly TensorInput[], options: PaddingOptions = {}): Tensor {
  checkObject("padSequence", options, ["batchFirst", "paddingValue"]);
  const tensors = sequenceTensors(sequences, asTensor);
  const steps = tensors.reduce((longest, { shape }) => Math.max(longest, shape[0] as number), 0);
  const rest = (tensors[0] as Tensor).shape.slice(1);
  const { data, shape, layout } = allPadding(steps, tensors.length, rest, options);
  for (const [b, tensor] of tensors.entries()) {
    for (let t = 0; t < (tensor.shape[0] as number); t++) {
      data.set(tensor.data.subarray(t * layout.width, (t + 1) * layout.width), layout.offset(t, b));
    }
  }
  return new Tensor(data, shape);
}

/**
 * Packs sequences that were never padded.
 *
 * @param sequences each (length, ...), alike after the first dimension; numbers or indices
 * @param options.enforceSorted true by default, as in PyTorch: longest first. With false any order will do.
 * @throws LSTMError `LENGTHS` for another order; `SHAPE_MISMATCH` that names the first sequence that differs; `DTYPE`
 */
export function packSequence(
  sequences: readonly (TensorInput | Int32Array | Indices)[],
  options: { readonly enforceSorted?: boolean | undefined } = {},
): PackedSequence {
  checkObject("packSequence", options, ["enforceSorted"]);
  const tensors = sequenceTensors(sequences, asRows);
  const lengths = tensors.map(({ shape }) => shape[0] as number);
  return packPaddedSequence(padSequence(tensors), lengths, options);
}

/** What is packed: a tensor, or indices. Those must be integers that float32 holds. */
function asRows(argument: string, value: unknown): Tensor {
  const data: unknown = Object(value).data ?? value;
  if (typedArrayName(data) !== "Int32Array") return asTensor(argument, value);
  const values = [...(data as Int32Array)];
  const large = values.find((index) => index !== Math.fround(index));
  if (large === undefined) return asTensor(argument, data === value ? values : { ...(value as Indices), data: values });
  throw new LSTMError("DTYPE", `${argument}: packed values are float32, which holds no ${large}`);
}

/** Where step `t` of sequence `b` begins in a padded tensor, and how many values it has. */
function paddedLayout(argument: string, shape: readonly number[], batchFirst: boolean) {
  const [first, second] = shape;
  if (first === undefined || second === undefined) {
    throw new LSTMError(
      "SHAPE_MISMATCH",
      `${argument} must have a sequence and a batch dimension, got shape ${shapeText(shape)}`,
    );
  }
  const width = product(shape.slice(2));
  const [batch, steps] = batchFirst ? [first, second] : [second, first];
  const offset = (t: number, b: number): number => (batchFirst ? b * steps + t : t * batch + b) * width;
  return { batch, steps, width, offset };
}

/** Tells the rows of a packed batch in turn: row `row` is step `t` of sequence `b`, the longest sequence being 0. */
function eachRow(batchSizes: Int32Array, visit: (row: number, t: number, b: number) => void): void {
  let row = 0;
  batchSizes.forEach((size, t) => {
    for (let b = 0; b < size; b++) visit(row++, t, b);
  });
}

/** Rows of no columns take no memory, however many they are, but each takes time. */
function checkRows(rows: number): void {
  if (rows >= 2 ** 31) throw new LSTMError("OUT_OF_MEMORY", `${rows} rows are more than the 2^31 - 1 that can be run`);
}

/** What the sequences are then written into. */
function allPadding(steps: number, batch: number, rest: readonly number[], options: PaddingOptions) {
  const { batchFirst = false, paddingValue = 0 } = options;
  checkBoolean("batchFirst", batchFirst);
  if (typeof paddingValue !== "number") {
    throw mustBe("OPTION", "paddingValue", "a number", paddingValue);
  }
  checkRows(steps * batch);
  const shape = batchFirst ? [batch, steps, ...rest] : [steps, batch, ...rest];
  return { data: allocate(shape).fill(paddingValue), shape, layout: paddedLayout("packed", shape, batchFirst) };
}

/** The caller's indices, longest sequence first, equal lengths in the caller's order (in PyTorch, up to 16 of them). */
function longestFirst(lengths: Int32Array, enforceSorted: boolean): Int32Array {
  const order = Int32Array.from(lengths.keys());
  if (!enforceSorted) return order.sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b);
  const grows = lengths.findIndex((length, b) => b > 0 && length > (lengths[b - 1] as number));
  if (grows < 0) return order;
  throw new LSTMError(
    "LENGTHS",
    `lengths must be sorted, longest first, unless enforceSorted is false; lengths[${grows}] is ${lengths[grows]} after ` +
      `${lengths[grows - 1]}. Pass { enforceSorted: false }`,
  );
}

function sequenceTensors(sequences: unknown, read: typeof asTensor): Tensor[] {
  if (!Array.isArray(sequences) || sequences.length === 0) {
    throw mustBe("SHAPE_MISMATCH", "sequences", "an array of at least one tensor", sequences);
  }
  const tensors = Array.from(sequences, (sequence, b) => read(`sequences[${b}]`, sequence));
  const [, ...rest] = (tensors[0] as Tensor).shape;
  for (const [b, { shape }] of tensors.entries()) {
    if (!sameValues(shape, [shape[0] as number, ...rest])) {
      throw new LSTMError(
        "SHAPE_MISMATCH",
        `sequences[${b}] must be of shape ${shapeText(["length", ...rest])}, as sequences[0], got ${shapeText(shape)}`,
      );
    }
  }
  return tensors;
}
