import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { CELL_OPTIONS, checkOptions } from "../checks/options.js";
import { noForward, staleForward } from "../parameters/pending.js";
import { asTensor, blank, type Tensor, type TensorInput } from "../tensor/tensor.js";
import { byState, type Cell, type StateName } from "./cells.js";
import { checkStepGradients } from "./gradients.js";
import { Recurrent } from "./recurrent.js";
import type { GradState, StateInput, StateOutput } from "./results.js";
import { readRows, writeRows } from "./rows.js";
import { blankState, checkState, readState, type StateNames, stateAt, writeState } from "./states.js";

/** The gradients of a step's input and of the state before it. */
type StepGradients<States extends StateName> = { readonly input: Tensor } & { readonly [Name in States]: Tensor };

const BEFORE: StateNames = ["h", "c"];

/** What the steps of a batch have in common. */
interface StepShape {
  readonly batch: number;
  /** Leading dimensions, [] or [batch]. */
  readonly leading: readonly number[];
  readonly states: readonly (readonly number[])[];
}

/**
 * One step of one layer of any cell, the state in the caller's hands: all that LSTMCell, GRUCell and RNNCell do.
 *
 * `States` is which states the cell has.
 */
export abstract class RecurrentCell<States extends StateName> extends Recurrent {
  /** The training steps that wait for their backward, the last on top, each with the weights' version. */
  readonly #waiting: { readonly shape: StepShape; readonly version: number }[] = [];
  /** Of the last step: steps are many, and their shapes few. */
  #shape: StepShape = { batch: -1, leading: [], states: [] };
  /** Columns of each state. */
  readonly #columns: readonly number[];

  /** @internal With the options that not every cell has. */
  protected constructor(cell: Cell, options: { seed?: number | undefined }, own: readonly string[]) {
    const owner = `${cell.name}Cell`;
    super(owner, cell, checkOptions(owner, options, CELL_OPTIONS, own), options.seed, false);
    this.#columns = cell.states.map(() => this.hiddenSize);
    this.initialise();
  }

  /**
   * One step.
   *
   * @param input (batch, input) or (input)
   * @param state h, of an LSTMCell `[h, c]`, each (batch, H) or (H); zeros by default
   * @returns h after the step, of an LSTMCell `[h, c]`
   */
  forward(input: TensorInput, state?: StateInput<States> | null): StateOutput<States> {
    const { object } = this;
    object.id; // throws once disposed
    const { data, shape } = asTensor("input", input);
    if ((shape.length !== 1 && shape.length !== 2) || shape[shape.length - 1] !== this.inputSize) {
      const expected = `expected shape [${this.inputSize}] or [batch, ${this.inputSize}]`;
      throw new LSTMError("SHAPE_MISMATCH", `input: ${expected}, got ${shapeText(shape)}`);
    }
    const batch = shape.length === 2 ? (shape[0] as number) : 1;
    let step = this.#shape;
    if (step.batch !== batch || step.leading.length !== shape.length - 1) {
      const leading = shape.slice(0, -1);
      step = { batch, leading, states: this.#columns.map((columns) => Object.freeze([...leading, columns])) };
      this.#shape = step;
    }
    const before = checkState(BEFORE, state, step.states, false);

    const { training } = this;
    const call = { steps: 1, batch, rows: batch };
    object.id; // throws once disposed, which a getter of the caller's objects may just have done
    if (training || !object.holds(call)) object.reserve(call, training);
    const { floats } = object.instance;
    writeRows(floats, object.input, data);
    writeState(floats, object.states, before, batch, this.#columns, null);
    object.forward(false, false, training);
    if (training) {
      object.trained = true;
      this.#waiting.push({ shape: step, version: object.version() });
    }
    const after = blankState(step.states);
    readState(floats, object.states, after, this.#columns, null);
    return after as StateOutput<States>;
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
    const { object } = this;
    object.id; // throws once disposed
    const step = this.#last();
    const { batch, leading, states } = step.shape;
    const after = checkStepGradients(gradients, states);

    object.id; // a getter of the caller's objects may have disposed it, or gone back already
    if (this.#waiting.at(-1) !== step) throw noForward(object.owner, this.training);
    this.#last(); // throws if weights were written
    const { floats } = object.instance;
    const at = object.gradients();
    // Of the one step's output, which is h.
    floats.fill(0, at.output, at.output + batch * this.hiddenSize);
    writeState(floats, at.states, after, batch, this.#columns, null);
    object.backward(this.#waiting.length - 1);
    this.#waiting.pop();

    const input = blank([...leading, this.inputSize]);
    readRows(floats, at.input, input.data);
    const before = blankState(states);
    readState(floats, at.states, before, this.#columns, null);
    return { input, ...byState(object.cell, "", (state) => stateAt<Tensor>(before, state)) } as StepGradients<States>;
  }

  /** The step on top, if its weights are still the same. */
  #last() {
    const step = this.#waiting.at(-1);
    if (step === undefined) throw noForward(this.object.owner, this.training);
    if (step.version !== this.object.version()) throw staleForward(this.object.owner);
    return step;
  }

  override discardPending(): void {
    super.discardPending();
    this.#waiting.length = 0;
  }
}
