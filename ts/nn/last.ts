import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { checkBoolean, checkObject } from "../checks/options.js";
import { Module } from "../parameters/module.js";
import { type BackwardOptions, Pending } from "../parameters/pending.js";
import { PackedSequence } from "../tensor/packed-sequence.js";
import { tensorOfShape } from "../tensor/shape.js";
import { asTensor, Tensor, type TensorInput } from "../tensor/tensor.js";
import { checkOneInput } from "./one-input.js";

/** What `new Last` takes. */
export interface LastOptions {
  /** Whether the input is (batch, seq, .) instead of (seq, batch, .); as the LSTM's below. */
  batchFirst?: boolean | undefined;
  /**
   * Whether the second half of the columns is of a reverse direction, whose last step is the first; as the LSTM's below.
   * False, the default, takes all columns at the last step, as `output[-1]` does. A Sequential wants it said after a
   * bidirectional LSTM.
   */
  bidirectional?: boolean | undefined;
}

/** Where the rows of one forward's input lie. */
interface Place {
  readonly inputShape: readonly number[];
  /** The order of the rows, if they are packed. */
  readonly packed: Pick<PackedSequence, "batchSizes" | "sortedIndices"> | undefined;
  readonly outputShape: readonly number[];
  /** The row of sequence `b` at its last step, or with `reverse` its first; -1 for a sequence without steps. */
  readonly row: (b: number, reverse: boolean) => number;
}

/**
 * The last step of each sequence of the output of an LSTM, GRU or RNN: what a classifier of whole sequences reads.
 *
 * Packed sequences end where they end; one of length 0 gives zeros. With `bidirectional` it is
 * `torch.cat([hn[-2], hn[-1]], 1)`: the forward direction at the last step beside the reverse direction at the first, which
 * is where that ends.
 */
export class Last extends Module {
  static override readonly name: string = "Last";
  /** As the constructor was told. */
  readonly batchFirst: boolean;
  /** As the constructor was told. */
  readonly bidirectional: boolean;
  /** @internal Whether the constructor was told, be it false. */
  readonly saysBidirectional: boolean;
  /** @internal */
  override readonly pending = new Pending<Place>("Last", () => 0);

  /** @throws LSTMError `OPTION` for a bad option */
  constructor(options: LastOptions = {}) {
    const given = checkObject("Last", options, ["batchFirst", "bidirectional"]);
    super();
    this.batchFirst = checkBoolean("batchFirst", given.batchFirst ?? false);
    this.bidirectional = checkBoolean("bidirectional", given.bidirectional ?? false);
    this.saysBidirectional = given.bidirectional !== undefined;
  }

  override get takesPacked(): boolean {
    return true;
  }

  /**
   * (seq, batch, C), or with `batchFirst` (batch, seq, C), or packed, to (batch, C); (seq, C) to (C).
   *
   * @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `DISPOSED`
   */
  forward(input: TensorInput | PackedSequence): Tensor;
  forward(input: TensorInput | PackedSequence, ...more: unknown[]): Tensor {
    this.checkAlive();
    checkOneInput(this, more);
    // Backward packs its gradient in the same way, whatever becomes of the caller's arrays until then.
    const packed = input instanceof PackedSequence ? PackedSequence.from(input).withOwnIndices() : undefined;
    const { data, shape } = packed?.data ?? asTensor("input", input);
    this.checkAlive(); // a getter of the caller's objects may have disposed it
    const place = this.#place(shape, packed);
    const output = Tensor.zeros(place.outputShape);
    this.#eachHalf(place, (from, to, length) => {
      output.data.set(data.subarray(from, from + length), to);
    });
    if (this.training) this.pending.push(output, place);
    return output;
  }

  /**
   * Goes back through a forward in training mode.
   *
   * @param options.of the output of the forward that is meant; needed if several wait
   * @returns the gradient of the input, packed as that was; zeros but for the last steps
   * @throws LSTMError `NO_FORWARD`, `STALE_FORWARD` if several forwards wait and none is named; `SHAPE_MISMATCH`, `DTYPE`
   */
  backward(gradOutput: TensorInput, options?: BackwardOptions): Tensor | PackedSequence {
    this.checkAlive();
    const place = this.pending.find(this.training, options);
    const { data } = tensorOfShape("gradOutput", gradOutput, place.outputShape);
    this.checkAlive(); // a getter of the caller's objects may have disposed it, or gone back already
    this.pending.remove(this.pending.indexOf(place, this.training));
    const gradient = Tensor.zeros(place.inputShape);
    this.#eachHalf(place, (from, to, length) => gradient.data.set(data.subarray(to, to + length), from));
    const { packed } = place;
    if (packed === undefined) return gradient;
    return new PackedSequence(gradient, packed.batchSizes, packed.sortedIndices);
  }

  /** @internal What the constructor makes another of. */
  given(): LastOptions {
    const { batchFirst, bidirectional, saysBidirectional } = this;
    return { batchFirst, bidirectional: saysBidirectional ? bidirectional : undefined };
  }

  override toString(): string {
    const shown: string[] = [];
    if (this.batchFirst) shown.push("batchFirst: true");
    if (this.saysBidirectional) shown.push(`bidirectional: ${this.bidirectional}`);
    return shown.length === 0 ? "Last()" : `Last({ ${shown.join(", ")} })`;
  }

  #place(shape: readonly number[], packed: PackedSequence | undefined): Place {
    const rank = shape.length;
    const columns = shape[rank - 1] as number;
    if (rank !== 2 && (packed !== undefined || rank !== 3)) {
      const expected =
        packed === undefined ? "input: expected (seq, batch, .) or (seq, .)" : "input.data: expected (rows, .)";
      throw new LSTMError("SHAPE_MISMATCH", `${expected}, got ${shapeText(shape)}`);
    }
    if (this.bidirectional && columns % 2 !== 0) {
      throw new LSTMError(
        "SHAPE_MISMATCH",
        `input: expected an even number of columns of two directions, got ${columns}`,
      );
    }
    if (packed !== undefined) {
      const { batch, batchSizes, sortedIndices } = packed; // not the data, which nobody needs any more
      const order = { batchSizes, sortedIndices };
      return { inputShape: shape, packed: order, outputShape: [batch, columns], row: packedRow(packed) };
    }
    const [first = 0, second = 1] = shape.slice(0, -1);
    const [steps, batch] = this.batchFirst && rank === 3 ? [second, first] : [first, second];
    const row = (b: number, reverse: boolean) => {
      const t = reverse ? 0 : steps - 1;
      if (steps === 0) return -1;
      return this.batchFirst && rank === 3 ? b * steps + t : t * batch + b;
    };
    return { inputShape: shape, packed, outputShape: rank === 2 ? [columns] : [batch, columns], row };
  }

  /** Calls back with where each sequence's columns lie in input and output, a direction at a time. */
  #eachHalf({ outputShape, row }: Place, call: (from: number, to: number, length: number) => void): void {
    const columns = outputShape[outputShape.length - 1] as number;
    const half = this.bidirectional ? columns / 2 : columns;
    const batch = outputShape.length === 2 ? (outputShape[0] as number) : 1;
    for (let b = 0; b < batch; b++) {
      for (let column = 0; column < columns; column += half) {
        const at = row(b, column > 0);
        if (at >= 0) call(at * columns + column, b * columns + column, half);
      }
    }
  }
}

/** The last row of each sequence of a packed batch, or with `reverse` its first, in the caller's order. */
function packedRow({ batchSizes, unsortedIndices, batch }: PackedSequence) {
  const last = new Int32Array(batch).fill(-1); // by the sorted order
  let start = 0;
  for (const size of batchSizes) {
    for (let b = 0; b < size; b++) last[b] = start + b;
    start += size;
  }
  return (b: number, reverse: boolean) => {
    const sorted = unsortedIndices === null ? b : (unsortedIndices[b] as number);
    const row = last[sorted] as number;
    return reverse && row >= 0 ? sorted : row;
  };
}
