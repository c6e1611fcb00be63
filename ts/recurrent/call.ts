import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { checkObject } from "../checks/options.js";
import { checkPacking, PackedSequence } from "../tensor/packed-sequence.js";
import { tensorOfShape } from "../tensor/shape.js";
import { blank, Tensor } from "../tensor/tensor.js";
import type { Sizes } from "./sizes.js";
import { blankState, listed, type StateOf, stateAt } from "./states.js";

/** What forward returns, whatever the cell and the form of the input. */
export type CallResult = [output: Tensor | PackedSequence, state: StateOf<Tensor>];

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
  /** Of each of the cell's states. */
  readonly stateShapes: readonly (readonly number[])[];
  /** Whether rows lie sequence by sequence. */
  readonly batchFirst: boolean;

  /** For an input of this shape, or one packed so that its data has this shape. */
  constructor(
    readonly sizes: Sizes,
    readonly inputShape: readonly number[],
    readonly packed?: PackedSequence,
  ) {
    const { inputSize, states, outputSize, single } = sizes;
    const argument = packed === undefined ? "input" : "input.data";
    const rank = inputShape.length;
    const least = single ? 1 : 2;
    if (rank !== least && (rank !== least + 1 || packed !== undefined)) {
      const expected = packed === undefined ? `${least}-D (unbatched) or ${least + 1}-D` : "2-D";
      const got = `got ${rank}-D of shape ${shapeText(inputShape)}`;
      throw new LSTMError("SHAPE_MISMATCH", `${argument}: expected ${expected}, ${got}`);
    }
    const columns = inputShape[rank - 1];
    if (columns !== inputSize) {
      const got = `Expected ${inputSize}, got ${columns} in shape ${shapeText(inputShape)}`;
      throw new LSTMError("SHAPE_MISMATCH", `${argument}: the last dimension must be equal to inputSize. ${got}`);
    }
    // Frozen once, for all tensors of the results.
    this.leading = Object.freeze(inputShape.slice(0, -1));
    const [first = 0, second = 1] = single ? [1, ...this.leading] : this.leading;
    this.batchFirst = sizes.batchFirst && rank === 3 && packed === undefined;
    this.steps = packed?.steps ?? (this.batchFirst ? second : first);
    this.batch = packed?.batch ?? (this.batchFirst ? first : second);
    this.rows = packed === undefined ? first * second : first;
    this.outputShape = Object.freeze([...this.leading, outputSize]);
    const sequences = rank === least && packed === undefined ? [] : [this.batch];
    const before = single ? sequences : [states, ...sequences];
    this.stateShapes = sizes.columns.map((columns) => Object.freeze([...before, columns]));
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
  emptyResult(): CallResult {
    const state = blankState(this.stateShapes);
    // The output of a single step is h itself.
    return [this.sizes.single ? stateAt(state, 0) : this.rowsOf(blank(this.outputShape)), state];
  }

  /** The caller's `out`, if there is one and it fits. */
  readOut(options: unknown): CallResult | undefined {
    if (options === undefined) return undefined;
    const { sizes, stateShapes } = this;
    if (typeof options === "object" && options !== null && "data" in options) {
      const state = `the state is the second, ${listed(sizes.stateNames)}`;
      throw new LSTMError("OPTION", `the third argument is for options; ${state}`);
    }
    const { out } = checkObject("forward", options, OPTIONS);
    if (out === undefined) return undefined;
    const result: readonly unknown[] = Array.isArray(out) ? out : NOTHING;
    const output = result[0];
    const state = result[1];
    const packed = output instanceof PackedSequence;
    const rows = packed ? output.data : output;
    const one = stateShapes.length === 1;
    if (!(rows instanceof Tensor) || packed !== (this.packed !== undefined) || Array.isArray(state) === one) {
      throw refusedOut(one);
    }
    for (let index = 0; index < stateShapes.length; index++) {
      const tensor = stateAt(state, index);
      if (!(tensor instanceof Tensor)) throw refusedOut(one);
      tensorOfShape(one ? "out[1]" : (OUT_STATES[index] as string), tensor, stateShapes[index] as readonly number[]);
    }
    if (packed && this.packed !== undefined) checkPacking("out[0]", output, this.packed);
    tensorOfShape("out[0]", rows, this.outputShape);
    return out as CallResult;
  }

  /** What stays to be known for backward: the shapes, and an order that nobody else writes. */
  remembered(): Call {
    if (this.packed === undefined) return this;
    return new Call(this.sizes, this.inputShape, this.packed.withOwnIndices());
  }
}

const OPTIONS = ["out"];
const OUT_STATES = ["out[1][0]", "out[1][1]"];
const NOTHING: readonly unknown[] = [];

function refusedOut(one: boolean): LSTMError {
  return new LSTMError("OPTION", `out must be ${one ? "[output, hn]" : "[output, [hn, cn]]"}, as forward returned it`);
}
