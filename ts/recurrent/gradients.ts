import { LSTMError } from "../checks/errors.js";
import { PackedSequence } from "../tensor/packed-sequence.js";
import { tensorOfShape } from "../tensor/shape.js";
import type { Call } from "./call.js";
import { checkState } from "./states.js";

/** The gradients that a backward is given, out of harm's way and each undefined for zeros. */
export function checkGradients(call: Call, output: unknown, state: unknown) {
  const { single, gradientNames } = call.sizes;
  const checked = checkState(gradientNames, state, call.stateShapes, true);
  if (
    output == null &&
    (Array.isArray(checked) ? checked.every((part) => part === undefined) : checked === undefined)
  ) {
    const needed = [...(single ? [] : ["gradOutput"]), ...gradientNames];
    throw new LSTMError("OPTION", `backward needs ${needed.length > 1 ? "at least one of " : ""}${needed.join(", ")}`);
  }
  if (output != null && output instanceof PackedSequence !== (call.packed !== undefined)) {
    const expected = call.packed === undefined ? "a tensor" : "a PackedSequence";
    throw new LSTMError("SHAPE_MISMATCH", `gradOutput: expected ${expected}, as the output of forward was`);
  }
  if (output instanceof PackedSequence) call.checkPacking("gradOutput", output);
  const rows = output instanceof PackedSequence ? output.data : output;
  return {
    output: rows == null ? undefined : tensorOfShape("gradOutput", rows, call.outputShape).data,
    state: checked,
  };
}
