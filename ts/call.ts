import { LSTMError } from "./errors.js";
import { type CheckedOptions, checkObject } from "./options.js";
import { PackedSequence } from "./packed-sequence.js";
import type { Result } from "./results.js";
import { sameShape, tensorOfShape } from "./shape.js";
import { asTensor, Tensor } from "./tensor.js";

/** Sizes that follow from the options. */
export class Sizes {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly directions: number;
  /** `D * layers`, the leading dimension of h and c. */
  readonly states: number;
  /** `H_out`, the columns of h. */
  readonly hSize: number;
  /** `D * H_out`, the columns of a layer's output. */
  readonly outputSize: number;
  readonly batchFirst: boolean;

  constructor(options: CheckedOptions) {
    this.inputSize = options.inputSize;
    this.hiddenSize = options.hiddenSize;
    this.directions = options.bidirectional ? 2 : 1;
    this.states = options.numLayers * this.directions;
    this.hSize = options.projSize > 0 ? options.projSize : options.hiddenSize;
    this.outputSize = this.hSize * this.directions;
    this.batchFirst = options.batchFirst;
  }
}

/** The sequences of one forward: how many, how long, how they lie, and in which order they were packed. */
export class Call {
  /** Leading dimensions of input and output, in front of their columns. */
  readonly leading: readonly number[];
  readonly data: Float32Array;
  readonly steps: number;
  readonly batch: number;
  readonly rows: number;
  readonly unbatched: boolean;
  readonly packed: PackedSequence | undefined;

  constructor(
    readonly sizes: Sizes,
    input: unknown,
  ) {
    this.packed = input instanceof PackedSequence ? input : undefined;
    const { data, shape } = this.packed?.data ?? asTensor("input", input);
    this.data = data;
    this.leading = shape.slice(0, -1);
    this.unbatched = this.packed === undefined && shape.length === 2;
    if (this.packed !== undefined) {
      checkColumns("input.data", shape, sizes.inputSize);
      this.rows = checkUnchanged(this.packed, sizes.inputSize);
      this.steps = this.packed.steps;
      this.batch = this.packed.batch;
      return;
    }
    if (shape.length !== 2 && shape.length !== 3) {
      const got = `got ${shape.length}-D of shape [${shape.join(", ")}]`;
      throw new LSTMError("SHAPE_MISMATCH", `input: expected 2-D (unbatched) or 3-D, ${got}`);
    }
    checkColumns("input", shape, sizes.inputSize);
    const [first, second] = [this.leading[0] as number, this.leading[1] ?? 1];
    [this.steps, this.batch] = this.batchFirst ? [second, first] : [first, second];
    this.rows = this.steps * this.batch;
  }

  /** Whether rows lie sequence by sequence. */
  get batchFirst(): boolean {
    return this.sizes.batchFirst && !this.unbatched && this.packed === undefined;
  }

  /** The caller's index of each packed sequence, longest first; null if that is the caller's order. */
  get order(): Int32Array | null {
    return this.packed?.sortedIndices ?? null;
  }

  /** The shape of h, or of c, with these columns. */
  stateShape(columns: number): number[] {
    return this.unbatched ? [this.sizes.states, columns] : [this.sizes.states, this.batch, columns];
  }

  /** Rows like the input's, in a tensor or packed as the input was. */
  rowsOf(tensor: Tensor): Tensor | PackedSequence {
    const { packed } = this;
    if (packed === undefined) return tensor;
    return new PackedSequence(tensor, packed.batchSizes, packed.sortedIndices, packed.unsortedIndices);
  }

  /** A new result of the right shapes. */
  emptyResult(): Result<Tensor | PackedSequence> {
    const { hSize, hiddenSize, outputSize } = this.sizes;
    return [
      this.rowsOf(Tensor.zeros([...this.leading, outputSize])),
      [Tensor.zeros(this.stateShape(hSize)), Tensor.zeros(this.stateShape(hiddenSize))],
    ];
  }

  /** The caller's `out`, if there is one and it fits. */
  readOut(options: unknown): Result<Tensor | PackedSequence> | undefined {
    if (typeof options === "object" && options !== null && "data" in options) {
      throw new LSTMError("OPTION", "the third argument is for options; the state is one array, [h0, c0]");
    }
    const out = options === undefined ? undefined : checkObject("forward", options, ["out"]).out;
    if (out === undefined) return undefined;
    const [output, state] = Array.isArray(out) ? out : [];
    const [hn, cn] = Array.isArray(state) ? state : [];
    const tensor = output instanceof PackedSequence ? output.data : output;
    const fits = output instanceof PackedSequence === (this.packed !== undefined);
    if (!fits || ![tensor, hn, cn].every((part) => part instanceof Tensor)) {
      throw new LSTMError(
        "OPTION",
        "out must be [output, [hn, cn]] as an earlier forward of the same kind returned it",
      );
    }
    if (this.packed !== undefined) this.checkPacking("out[0]", output);
    tensorOfShape("out[0]", tensor, [...this.leading, this.sizes.outputSize]);
    tensorOfShape("out[1][0]", hn, this.stateShape(this.sizes.hSize));
    tensorOfShape("out[1][1]", cn, this.stateShape(this.sizes.hiddenSize));
    return out as Result<Tensor | PackedSequence>;
  }

  /** Refuses a packed sequence that was not packed as the input was. */
  checkPacking(name: string, other: PackedSequence): void {
    const same = (x: Int32Array | null, y: Int32Array | null) =>
      x === y || (x !== null && y !== null && sameShape([...x], [...y]));
    const packed = this.packed as PackedSequence;
    if (same(packed.batchSizes, other.batchSizes) && same(packed.sortedIndices, other.sortedIndices)) return;
    throw new LSTMError("LENGTHS", `${name} was packed from other lengths than the input, or in another order`);
  }

  /** What stays to be known for backward: the shapes, and an order that nobody else writes. */
  remembered(): Call {
    if (this.packed === undefined) return this;
    const { data, batchSizes, sortedIndices } = this.packed;
    return new Call(this.sizes, new PackedSequence(data, batchSizes.slice(), sortedIndices?.slice() ?? null));
  }
}

/** The number of rows. Checks again what the constructor saw to: the arrays are the caller's, and may have changed. */
function checkUnchanged(packed: PackedSequence, columns: number): number {
  const { batch, steps, batchSizes, sortedIndices, data } = packed;
  let rows = 0;
  for (let t = 0; t < steps; t++) rows += batchSizes[t] as number;
  const expected = data.shape[0];
  if (rows !== expected || sortedIndices?.some((index) => index < 0 || index >= batch)) {
    const sums = `input.batchSizes add up to ${rows} of ${expected} rows of input.data`;
    throw new LSTMError(
      "LENGTHS",
      `input was changed after it was packed: ${sums}, or its indices point outside the batch`,
    );
  }
  tensorOfShape("input.data", data, [rows, columns]);
  return rows;
}

function checkColumns(argument: string, shape: readonly number[], expected: number): void {
  const columns = shape[shape.length - 1];
  if (columns === expected) return;
  const got = `Expected ${expected}, got ${columns} in shape [${shape.join(", ")}]`;
  throw new LSTMError("SHAPE_MISMATCH", `${argument}: the last dimension must be equal to inputSize. ${got}`);
}
