import { asTensor, type Tensor, type TensorInput } from "../tensor/tensor.js";
import type { Cell, StateName } from "./cells.js";
import { Recurrent } from "./recurrent.js";
import type { GradState, StateInput, StateOutput } from "./results.js";

/** The gradients of a step's input and of the state before it. */
type StepGradients<States extends StateName> = {
  /** The gradient of the step's input. */
  readonly input: Tensor;
} & { readonly [Name in States]: Tensor };

/**
 * One step of one layer of any cell, the state in the caller's hands: all that LSTMCell, GRUCell and RNNCell do.
 *
 * `States` is which states the cell has.
 */
export abstract class RecurrentCell<States extends StateName> extends Recurrent {
  /** @internal With the options that not every cell has. */
  protected constructor(cell: Cell, options: object, own: readonly string[]) {
    super(`${cell.name}Cell`, cell, options, own, true);
  }

  /**
   * One step.
   *
   * @param input (batch, input) or (input)
   * @param state h, of an LSTMCell `[h, c]`, each (batch, H) or (H); zeros by default
   * @returns h after the step, of an LSTMCell `[h, c]`
   * @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `STATE`, `OUT_OF_MEMORY`, `DISPOSED`
   */
  forward(input: TensorInput, state?: StateInput<States> | null): StateOutput<States> {
    this.object.id; // throws once disposed
    const { training } = this;
    const { data, shape } = asTensor("input", input);
    return this.run(
      this.callOf(shape, undefined),
      data,
      state,
      undefined,
      training,
      training,
    )[1] as StateOutput<States>;
  }

  /**
   * Goes back through the last step in training mode that was not gone back through yet: steps come back in reverse. Adds
   * to every `parameter.grad`.
   *
   * @param gradients of the step's results: of h, of an LSTMCell `[gradH, gradC]`; each may be undefined for zeros, but not
   *   both
   * @returns the gradients of the step's input, h and of an LSTMCell c, shaped as they were
   * @throws LSTMError `NO_FORWARD` when no step is left; `STALE_FORWARD` if the weights changed since the step;
   *   `SHAPE_MISMATCH`, `DTYPE`, `STATE`. The step then waits on.
   */
  backward(gradients: GradState<States>): StepGradients<States> {
    this.object.id; // throws once disposed
    return this.runBack(this.pending.last(this.training), undefined, gradients) as unknown as StepGradients<States>;
  }
}
