import { LSTMError } from "../checks/errors.js";
import { PackedSequence } from "../tensor/packed-sequence.js";
import { tensorOfShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Call } from "./call.js";
import { checkState, type StateNames, type StateOf } from "./states.js";

const LAST: StateNames = ["gradHn", "gradCn"];
const NEXT: StateNames = ["gradH", "gradC"];

/** The gradients that a backward is given, out of harm's way and each undefined for zeros. */
export function checkGradients(call: Call, output: unknown, state: unknown) {
  const shapes = call.stateShapes;
  const checked = checkState(LAST, state, shapes, true);
  if (output == null && isNothing(checked)) throw missing(["gradOutput", ...LAST.slice(0, shapes.length)]);
  if (output != null && output instanceof PackedSequence !== (call.packed !== undefined)) {
    const expected = call.packed === undefined ? "a tensor" : "a PackedSequence";
    throw new LSTMError("SHAPE_MISMATCH", `gradOutput: expected ${expected}, as the output of forward was`);
  }
  if (output instanceof PackedSequence) call.checkPacking("gradOutput", output);
  const rows = output instanceof PackedSequence ? output.data : output;
  return { output: rows == null ? undefined : tensorOfShape("gradOutput", rows, call.outputShape), state: checked };
}

/** The gradients that a cell's backward is given, each undefined for zeros. */
export function checkStepGradients(state: unknown, shapes: readonly (readonly number[])[]) {
  const checked = checkState(NEXT, state, shapes, true);
  if (isNothing(checked)) throw missing(NEXT.slice(0, shapes.length));
  return checked;
}

function isNothing(state: StateOf<Tensor | undefined>): boolean {
  return Array.isArray(state) ? state.every((tensor) => tensor === undefined) : state === undefined;
}

function missing(names: readonly string[]): LSTMError {
  const last = names[names.length - 1];
  const text = names.length === 1 ? last : `at least one of ${names.slice(0, -1).join(", ")} and ${last}`;
  return new LSTMError("OPTION", `backward needs ${text}`);
}
