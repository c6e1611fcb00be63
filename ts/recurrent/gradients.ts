import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { gradientRows } from "../tensor/packed-sequence.js";
import { tensorOfShape } from "../tensor/shape.js";
import type { Call } from "./call.js";
import type { RnnHandle } from "./handle.js";
import { writeSortedRows } from "./rows.js";

/** The gradients that a backward is given, out of harm's way and each undefined for zeros. */
export function readGradients(call: Call, output: unknown, state: unknown) {
  const [hn, cn] = pair("[gradHn, gradCn]", state);
  if (output == null && hn == null && cn == null) {
    throw new LSTMError("OPTION", "backward needs at least one of gradOutput, gradHn and gradCn");
  }
  return {
    output: output == null ? undefined : read("gradOutput", gradientRows(output, call.packed), call.outputShape),
    h: read("gradHn", hn, call.hShape),
    c: read("gradCn", cn, call.cShape),
  };
}

/** The gradients that a cell's backward is given, each undefined for zeros. */
export function readCellGradients(state: unknown, shape: readonly number[]) {
  const [h, c] = pair("[gradH, gradC]", state);
  if (h == null && c == null) throw new LSTMError("OPTION", "backward needs at least one of gradH and gradC");
  return [read("gradH", h, shape), read("gradC", c, shape)] as const;
}

function pair(what: string, state: unknown): readonly unknown[] {
  if (state === undefined || state === null) return [];
  if (Array.isArray(state) && state.length <= 2) return state;
  throw new LSTMError(
    "STATE",
    `the gradients of the state must be ${what}, each may be undefined, got ${describe(state)}`,
  );
}

function read(name: string, value: unknown, shape: readonly number[]): Float32Array | undefined {
  return value == null ? undefined : tensorOfShape(name, value, shape).data;
}

/** Writes h and c, or their gradients, in the batch's sorted order to where they belong; undefined is zeros. */
export function writeStates(
  object: RnnHandle,
  call: Call,
  at: { readonly h: number; readonly c: number },
  h: Float32Array | undefined,
  c: Float32Array | undefined,
): void {
  writeState(object.instance.floats, at.h, h, call, call.sizes.hSize);
  writeState(object.instance.floats, at.c, c, call, call.sizes.hiddenSize);
}

function writeState(floats: Float32Array, at: number, values: Float32Array | undefined, call: Call, columns: number) {
  if (values === undefined) floats.fill(0, at, at + call.sizes.states * call.batch * columns);
  else writeSortedRows(floats, at, values, columns, call.order);
}
