import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { tensorOfShape } from "../tensor/shape.js";
import { blank, type Tensor } from "../tensor/tensor.js";
import { readSortedRows, writeSortedRows } from "./rows.js";

/** Tensors for the states of a cell as a caller holds them: h alone, or of an LSTM `[h, c]`. */
export type StateOf<T> = T | readonly T[];

/** Of the states of a cell. */
type Shapes = readonly (readonly number[])[];

/** One of them. It makes no array of the single h, so that a steady loop makes none. */
export const stateAt = <T>(state: StateOf<T>, index: number): T =>
  Array.isArray(state) ? (state[index] as T) : (state as T);

/** New tensors of these shapes. */
export function blankState(shapes: Shapes): StateOf<Tensor> {
  const h = blank(shapes[0] as readonly number[]);
  return shapes.length === 1 ? h : [h, blank(shapes[1] as readonly number[])];
}

/**
 * The state that a forward is given, or if `partial` the gradients of a state that a backward is given, of which each may be
 * undefined; undefined stands for zeros.
 */
export function checkState(
  names: readonly string[],
  state: unknown,
  shapes: Shapes,
  partial: boolean,
): StateOf<Tensor | undefined> {
  if (state === undefined || state === null) return undefined;
  const single = shapes.length === 1;
  if (!Array.isArray(state) ? !single : single ? state.some(isState) : !isPair(state, partial)) {
    const what = partial ? "the gradients of the state" : "the state";
    const rule = single ? "one tensor" : partial ? "each may be undefined" : "both or neither";
    throw mustBe("STATE", what, `${listed(names)}, ${rule}`, state);
  }
  if (single) return tensorOfShape(names[0] as string, state, shapes[0] as readonly number[]);
  const pair = state as readonly unknown[];
  const h = partOf(names, pair, shapes, 0);
  const c = partOf(names, pair, shapes, 1);
  // The caller's own array where it will do: a steady loop makes none.
  return h === pair[0] && c === pair[1] ? (pair as StateOf<Tensor>) : [h, c];
}

function partOf(names: readonly string[], pair: readonly unknown[], shapes: Shapes, index: number): Tensor | undefined {
  if (pair[index] == null) return undefined;
  return tensorOfShape(names[index] as string, pair[index], shapes[index] as readonly number[]);
}

/** The names of states as a caller lists these: `[h0, c0]`, or h0 alone. */
export const listed = (names: readonly string[]): string =>
  names.length > 1 ? `[${names.join(", ")}]` : (names[0] as string);

const isPair = (state: readonly unknown[], partial: boolean): boolean =>
  partial ? state.length <= 2 : state.length === 2 && state[0] != null && state[1] != null;

/** Whether part of an array is a state by itself: else nested arrays stand for a single one. */
const isState = (part: unknown): boolean => part == null || "data" in Object(part);

/** Writes states, or their gradients, in a batch's sorted order to where they belong: `rows` of each, undefined is zeros. */
export function writeState(
  floats: Float32Array,
  at: readonly number[],
  state: StateOf<Tensor | undefined>,
  rows: number,
  columns: readonly number[],
  order: Int32Array | null,
): void {
  for (let index = 0; index < at.length; index++) {
    const from = at[index] as number;
    const width = columns[index] as number;
    const data = stateAt(state, index)?.data;
    if (data === undefined) floats.fill(0, from, from + rows * width);
    // A getter of the next argument can have assigned to a tensor that was checked.
    else if (data.length !== rows * width) throw new LSTMError("SHAPE_MISMATCH", "a state changed while it was read");
    else writeSortedRows(floats, from, data, width, order);
  }
}

/** Copies states, or their gradients, from where they lie into a caller's tensors, in its own order. */
export function readState(
  floats: Float32Array,
  at: readonly number[],
  state: StateOf<Tensor>,
  columns: readonly number[],
  order: Int32Array | null,
): void {
  for (let index = 0; index < at.length; index++) {
    readSortedRows(floats, at[index] as number, stateAt(state, index).data, columns[index] as number, order);
  }
}
