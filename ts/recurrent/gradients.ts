import { LSTMError } from "../checks/errors.js";
import { gradientRows } from "../tensor/packed-sequence.js";
import { tensorOfShape } from "../tensor/shape.js";
import type { Call } from "./call.js";
import { checkState } from "./states.js";

/** The gradients that a backward is given, out of harm's way and each undefined for zeros. */
export function checkGradients(call: Call, output: unknown, state: unknown) {
  const { single, gradientNames } = call.sizes;
  const checked = checkState(gradientNames, state, call.stateShapes, true);
  if (output == null && [checked].flat().every((part) => part === undefined)) {
    const needed = [...(single ? [] : ["gradOutput"]), ...gradientNames];
    throw new LSTMError("OPTION", `backward needs ${needed.length > 1 ? "at least one of " : ""}${needed.join(", ")}`);
  }
  return {
    output:
      output == null
        ? undefined
        : tensorOfShape("gradOutput", gradientRows(output, call.packed), call.outputShape).data,
    state: checked,
  };
}
