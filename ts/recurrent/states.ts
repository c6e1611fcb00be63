import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { tensorOfShape } from "../tensor/shape.js";
import { blank, type Tensor } from "../tensor/tensor.js";
import { readSortedRows, writeSortedRows } from "./rows.js";

/** Tensors for the states of a cell as a caller holds them: h alone, or of an LSTM `[h, c]`. */
export type StateOf<T> = T | readonly T[];

/** Of the states of a cell. */
type Shapes = readonly (readonly number[])[];

/** What errors call h and c. */
export type StateNames = readonly [h: string, c: string];

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
  names: StateNames,
  state: unknown,
  shapes: Shapes,
  partial: boolean,
): StateOf<Tensor | undefined> {
  if (state === undefined || state === null) return undefined;
  const single = shapes.length === 1;
  if (!Array.isArray(state) ? !single : single ? state.some(isState) : !isPair(state, partial)) {
    const pair = `[${names.join(", ")}], ${partial ? "each may be undefined" : "both or neither"}`;
    const what = partial ? "the gradients of the state" : "the state";
    throw new LSTMError(
      "STATE",
      `${what} must be ${single ? `one tensor, ${names[0]}` : pair}, got ${describe(state)}`,
    );
  }
  if (single) return tensorOfShape(names[0], state, shapes[0] as readonly number[]);
  const pair = state as readonly [unknown, unknown];
  const h = pair[0] == null ? undefined : tensorOfShape(names[0], pair[0], shapes[0] as readonly number[]);
  const c = pair[1] == null ? undefined : tensorOfShape(names[1], pair[1], shapes[1] as readonly number[]);
  // The caller's own array where it will do: a steady loop makes none.
  return h === pair[0] && c === pair[1] ? (pair as StateOf<Tensor>) : [h, c];
}

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
    const tensor = stateAt(state, index);
    if (tensor === undefined) floats.fill(0, from, from + rows * width);
    else writeSortedRows(floats, from, tensor.data, width, order);
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
