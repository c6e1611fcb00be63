/**
 * Sequences of different lengths in one tensor, as `torch.nn.utils.rnn` packs them: sorted by length, longest first,
 * then all first steps, all second steps and so on, so that every step works on the first so many sequences.
 */
import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { INTEGERS, typedArrayName, zeros } from "./elements.js";
import { sameValues } from "./shape.js";
import { asTensor, type Tensor, type TensorInput } from "./tensor.js";

/** Int32 numbers, or plain ones. */
export type Lengths = readonly number[] | Int32Array;

/** The fields of a PackedSequence: what `structuredClone` and JSON leave of one. */
export interface PackedSequenceLike {
  /** As `PackedSequence.data`. */
  readonly data: TensorInput;
  /** As `PackedSequence.batchSizes`. */
  readonly batchSizes: Lengths;
  /** As `PackedSequence.sortedIndices`. */
  readonly sortedIndices?: Lengths | null | undefined;
  /** As `PackedSequence.unsortedIndices`. */
  readonly unsortedIndices?: Lengths | null | undefined;
}

/** A packed batch. Made by `packPaddedSequence` and `packSequence`, taken and returned by `LSTM.forward`. */
export class PackedSequence {
  /** The name of the class, also where a minifier renames it. */
  static readonly name = "PackedSequence";
  /** (sum of lengths, ...): step by step, and within a step sequence by sequence, longest first. Indices are numbers here. */
  readonly data: Tensor;
  /** (longest length): how many sequences are still running at each step. */
  readonly batchSizes: Int32Array;
  /** (batch): the caller's index of each sequence, longest first; null if the caller's order is already that. */
  readonly sortedIndices: Int32Array | null;
  /** (batch): the inverse of `sortedIndices`: where each of the caller's sequences went. */
  readonly unsortedIndices: Int32Array | null;

  /**
   * Arrays that are already of the right type are kept, not copied.
   *
   * @param sortedIndices needed if a sequence has length 0, because `batchSizes` does not count it
   * @param unsortedIndices worked out if left out
   * @throws LSTMError `SHAPE_MISMATCH` or `LENGTHS` if the four do not fit together
   */
  constructor(
    data: TensorInput,
    batchSizes: Lengths,
    sortedIndices: Lengths | null = null,
    unsortedIndices: Lengths | null = null,
  ) {
    this.data = asTensor("data", data);
    this.batchSizes = integers("batchSizes", batchSizes);
    let sum = 0;
    let previous = Infinity;
    // No iterator, which would throw a TypeError if the array was transferred to a worker.
    for (let step = 0; step < this.batchSizes.length; step++) {
      const size = this.batchSizes[step] as number;
      if (size < 1 || size > previous) {
        throw new LSTMError("LENGTHS", `batchSizes must be positive and never grow, got ${size} at step ${step}`);
      }
      sum += size;
      previous = size;
    }
    if (this.data.shape[0] !== sum) {
      throw new LSTMError(
        "SHAPE_MISMATCH",
        `data.size(0) must be the sum of batchSizes. Expected ${sum}, got shape ${shapeText(this.data.shape)}`,
      );
    }
    this.sortedIndices = sortedIndices && integers("sortedIndices", sortedIndices);
    this.unsortedIndices = this.sortedIndices && inverse("sortedIndices", this.sortedIndices);
    if (this.sortedIndices && this.sortedIndices.length < (this.batchSizes[0] ?? 0)) {
      throw new LSTMError(
        "LENGTHS",
        `sortedIndices must have an entry for each of ${this.batchSizes[0]} sequences, got ${this.sortedIndices.length}`,
      );
    }
    if (unsortedIndices) {
      const given = integers("unsortedIndices", unsortedIndices);
      const expected = this.unsortedIndices;
      if (!expected || !sameValues(given, expected)) {
        throw new LSTMError("LENGTHS", "unsortedIndices must be the inverse of sortedIndices");
      }
    }
  }

  /**
   * A PackedSequence of the fields of one: of what `structuredClone`, `postMessage` or JSON made of it. Checks that they
   * fit together.
   *
   * @throws LSTMError `SHAPE_MISMATCH`, `DTYPE` or `LENGTHS`
   */
  static from(packed: PackedSequenceLike): PackedSequence {
    const { data, batchSizes, sortedIndices, unsortedIndices } = Object(packed) as PackedSequenceLike;
    return new PackedSequence(data, batchSizes, sortedIndices, unsortedIndices);
  }

  /** @internal Other rows, packed as these are. */
  withData(data: Tensor): PackedSequence {
    return new PackedSequence(data, this.batchSizes, this.sortedIndices, this.unsortedIndices);
  }

  /** @internal The same rows, packed in an order that nobody else can change. */
  withOwnIndices(): PackedSequence {
    const { data, batchSizes, sortedIndices } = this;
    return new PackedSequence(data, batchSizes.slice(), sortedIndices?.slice() ?? null);
  }

  /** How many sequences there are, those of length 0 included. */
  get batch(): number {
    return this.sortedIndices?.length ?? this.batchSizes[0] ?? 0;
  }

  /** How many steps the longest sequence has. */
  get steps(): number {
    return this.batchSizes.length;
  }

  /** What `JSON.stringify` writes, for `PackedSequence.from` to read. */
  toJSON(): PackedSequenceLike {
    const { data, batchSizes, sortedIndices, unsortedIndices } = this;
    const list = (indices: Int32Array | null) => indices && [...indices];
    return {
      data: data.toJSON(),
      batchSizes: [...batchSizes],
      sortedIndices: list(sortedIndices),
      unsortedIndices: list(unsortedIndices),
    };
  }
}

/** The rows of an output's gradient, which must be packed as the input was, or be a tensor as that was. */
export function gradientRows(gradient: unknown, input: PackedSequence | undefined): unknown {
  if (gradient instanceof PackedSequence !== (input !== undefined)) {
    const expected = input === undefined ? "a tensor" : "a PackedSequence";
    const cure = input === undefined ? "; padPackedSequence makes one" : "";
    throw new LSTMError("SHAPE_MISMATCH", `gradOutput: expected ${expected}, as the output of forward was${cure}`);
  }
  if (!(gradient instanceof PackedSequence)) return gradient;
  if (input !== undefined) checkPacking("gradOutput", gradient, input);
  return gradient.data;
}

/** Throws unless a batch was packed from the same lengths as the input, and in the same order. */
export function checkPacking(name: string, packed: PackedSequence, input: PackedSequence): void {
  const same = (x: Int32Array | null, y: Int32Array | null) => x === y || (x && y && sameValues(x, y));
  if (same(packed.batchSizes, input.batchSizes) && same(packed.sortedIndices, input.sortedIndices)) return;
  throw new LSTMError("LENGTHS", `${name} was packed from other lengths than the input, or in another order`);
}

/** The inverse of a permutation. */
function inverse(argument: string, indices: Int32Array): Int32Array {
  const result = new Int32Array(indices.length).fill(-1);
  for (const [to, from] of indices.entries()) result[from] = to;
  // A value that is out of range or comes twice leaves a gap.
  if (!result.includes(-1)) return result;
  throw new LSTMError("LENGTHS", `${argument} must hold each of 0 to ${indices.length - 1} once`);
}

/** Int32 numbers, copied out of a plain array. */
export function integers(argument: string, values: unknown): Int32Array {
  if (typedArrayName(values) === "Int32Array") return values as Int32Array;
  if (!Array.isArray(values)) {
    throw mustBe("LENGTHS", argument, "an array of integers or an Int32Array", values);
  }
  const result = zeros(INTEGERS, [values.length]);
  for (let i = 0; i < result.length; i++) {
    const value: unknown = values[i];
    if (!INTEGERS.includes(value)) {
      throw mustBe("LENGTHS", `${argument}[${i}]`, "an integer", value);
    }
    result[i] = value as number;
  }
  return result;
}
