import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { type CheckedOptions, checkObject } from "../checks/options.js";
import { PackedSequence } from "../tensor/packed-sequence.js";
import { tensorOfShape } from "../tensor/shape.js";
import { blank, Tensor } from "../tensor/tensor.js";
import type { Result } from "./results.js";

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
    this.hSize = options.projSize || options.hiddenSize;
    this.outputSize = this.hSize * this.directions;
    this.batchFirst = options.batchFirst;
  }
}

/**
 * The sequences of one forward: how many, how long, how they lie, and in which order they were packed. It knows shapes
 * and no values, so a steady loop makes one for all its forwards.
 */
export class Call {
  readonly steps: number;
  readonly batch: number;
  readonly rows: number;
  /** Leading dimensions of input and output, in front of their columns. */
  readonly leading: readonly number[];
  readonly outputShape: readonly number[];
  readonly hShape: readonly number[];
  readonly cShape: readonly number[];
  /** Whether rows lie sequence by sequence. */
  readonly batchFirst: boolean;

  /** For an input of this shape, or one packed so that its data has this shape. */
  constructor(
    readonly sizes: Sizes,
    readonly inputShape: readonly number[],
    readonly packed?: PackedSequence,
  ) {
    const { inputSize, hiddenSize, states, hSize, outputSize } = sizes;
    const rank = inputShape.length;
    if (rank !== 2 && (rank !== 3 || packed !== undefined)) {
      const got = `got ${rank}-D of shape ${shapeText(inputShape)}`;
      const expected = packed === undefined ? "input: expected 2-D (unbatched) or 3-D" : "input.data: expected 2-D";
      throw new LSTMError("SHAPE_MISMATCH", `${expected}, ${got}`);
    }
    const columns = inputShape[rank - 1];
    if (columns !== inputSize) {
      const argument = packed === undefined ? "input" : "input.data";
      const got = `Expected ${inputSize}, got ${columns} in shape ${shapeText(inputShape)}`;
      throw new LSTMError("SHAPE_MISMATCH", `${argument}: the last dimension must be equal to inputSize. ${got}`);
    }
    const [first = 0, second = 1] = inputShape.slice(0, -1);
    this.batchFirst = sizes.batchFirst && rank === 3 && packed === undefined;
    this.steps = packed?.steps ?? (this.batchFirst ? second : first);
    this.batch = packed?.batch ?? (this.batchFirst ? first : second);
    this.rows = packed === undefined ? first * second : first;
    // Frozen once, for all tensors of the results.
    this.leading = Object.freeze(inputShape.slice(0, -1));
    this.outputShape = Object.freeze([...this.leading, outputSize]);
    const sequences = rank === 2 && packed === undefined ? [states] : [states, this.batch];
    this.hShape = Object.freeze([...sequences, hSize]);
    this.cShape = Object.freeze([...sequences, hiddenSize]);
  }

  /** The caller's index of each packed sequence, longest first; null if that is the caller's order. */
  get order(): Int32Array | null {
    return this.packed === undefined ? null : this.packed.sortedIndices;
  }

  /** Rows like the input's, in a tensor or packed as the input was. */
  rowsOf(tensor: Tensor): Tensor | PackedSequence {
    const { packed } = this;
    if (packed === undefined) return tensor;
    return new PackedSequence(tensor, packed.batchSizes, packed.sortedIndices, packed.unsortedIndices);
  }

  /** A new result of the right shapes. */
  emptyResult(): Result<Tensor | PackedSequence> {
    return [this.rowsOf(blank(this.outputShape)), [blank(this.hShape), blank(this.cShape)]];
  }

  /** The caller's `out`, if there is one and it fits. */
  readOut(options: unknown): Result<Tensor | PackedSequence> | undefined {
    if (options === undefined) return undefined;
    if (typeof options === "object" && options !== null && "data" in options) {
      throw new LSTMError("OPTION", "the third argument is for options; the state is one array, [h0, c0]");
    }
    const { out } = checkObject("forward", options, OPTIONS);
    if (out === undefined) return undefined;
    const result = asArray(out);
    const state = asArray(result[1]);
    const output = result[0];
    const packed = output instanceof PackedSequence;
    const rows = packed ? output.data : output;
    const tensors = rows instanceof Tensor && state[0] instanceof Tensor && state[1] instanceof Tensor;
    if (!tensors || packed !== (this.packed !== undefined)) {
      throw new LSTMError(
        "OPTION",
        "out must be [output, [hn, cn]] as an earlier forward of the same kind returned it",
      );
    }
    if (packed) this.checkPacking("out[0]", output);
    tensorOfShape("out[0]", rows, this.outputShape);
    tensorOfShape("out[1][0]", state[0], this.hShape);
    tensorOfShape("out[1][1]", state[1], this.cShape);
    return out as Result<Tensor | PackedSequence>;
  }

  /** Refuses a packed sequence that was not packed as the input was. */
  checkPacking(name: string, other: PackedSequence): void {
    this.packed?.checkPacking(name, other);
  }

  /** What stays to be known for backward: the shapes, and an order that nobody else writes. */
  remembered(): Call {
    if (this.packed === undefined) return this;
    return new Call(this.sizes, this.inputShape, this.packed.withOwnIndices());
  }
}

const OPTIONS = ["out"];
const NOTHING: readonly unknown[] = [];
const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : NOTHING);
