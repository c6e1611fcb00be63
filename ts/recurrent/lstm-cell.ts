import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { checkOptions, type LSTMCellOptions } from "../checks/options.js";
import { noForward, staleForward } from "../parameters/pending.js";
import { readStates } from "../tensor/shape.js";
import { asTensor, blank, product, Tensor, type TensorInput } from "../tensor/tensor.js";
import { readCellGradients } from "./gradients.js";
import { Recurrent } from "./recurrent.js";
import type { GradState } from "./results.js";
import { readRows, writeOrClear, writeRows } from "./rows.js";

/**
 * `torch.nn.LSTMCell`: one step of one layer, the state in the caller's hands. Its parameters are named without a layer:
 * `weight_ih weight_hh bias_ih bias_hh`.
 */
export class LSTMCell extends Recurrent {
  static override readonly name = "LSTMCell";
  /** The training steps that wait for their backward, the last on top: the shape of h, the weights' version. */
  readonly #waiting: { readonly shape: readonly number[]; readonly version: number }[] = [];
  /** The shape of the last step's h and c: steps are many, and their shapes few. */
  #shape: readonly number[] = [];

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: LSTMCellOptions) {
    super("LSTMCell", checkOptions("LSTMCell", options, ["inputSize", "hiddenSize", "bias"]), options.seed, false);
    this.initialise();
  }

  /**
   * One step.
   *
   * @param input (batch, input) or (input)
   * @param state `[h, c]`, both (batch, H) or (H); zeros by default
   * @returns `[h, c]` after the step
   */
  forward(input: TensorInput, state?: readonly [h: TensorInput, c: TensorInput] | null): [h: Tensor, c: Tensor] {
    const { object } = this;
    object.id; // throws once disposed
    const { data, shape } = asTensor("input", input);
    if ((shape.length !== 1 && shape.length !== 2) || shape[shape.length - 1] !== this.inputSize) {
      const expected = `expected shape [${this.inputSize}] or [batch, ${this.inputSize}]`;
      throw new LSTMError("SHAPE_MISMATCH", `input: ${expected}, got ${shapeText(shape)}`);
    }
    const batch = shape.length === 2 ? (shape[0] as number) : 1;
    let stateShape = this.#shape;
    if (stateShape.length !== shape.length || (shape.length === 2 && stateShape[0] !== batch)) {
      stateShape = Object.freeze([...shape.slice(0, -1), this.hiddenSize]);
      this.#shape = stateShape;
    }
    const given = readStates("h", "c", state, stateShape, stateShape);

    const { training } = this;
    const call = { steps: 1, batch, rows: batch };
    object.id; // throws once disposed, which a getter of the caller's objects may just have done
    if (training || !object.holds(call)) object.reserve(call, training);
    const { floats } = object.instance;
    const length = batch * this.hiddenSize;
    writeRows(floats, object.input, data);
    writeOrClear(floats, object.h, given?.[0].data, length);
    writeOrClear(floats, object.c, given?.[1].data, length);
    object.forward(false, false, training);
    if (training) {
      object.trained = true;
      this.#waiting.push({ shape: stateShape, version: object.version() });
    }
    const [hn, cn] = [blank(stateShape), blank(stateShape)];
    readRows(floats, object.h, hn.data);
    readRows(floats, object.c, cn.data);
    return [hn, cn];
  }

  /**
   * Goes back through the last step in training mode that was not gone back through yet: steps come back in reverse. Adds
   * to every `parameter.grad`.
   *
   * @param gradients `[gradH, gradC]` of the step's results, each may be undefined for zeros; not both may be missing
   * @returns the gradients of the step's input, h and c, shaped as they were
   * @throws LSTMError `NO_FORWARD` when no step is left; `STALE_FORWARD` if the weights changed since the step;
   *   `SHAPE_MISMATCH`, `DTYPE`, `STATE`. The step then waits on.
   */
  backward(gradients: GradState): { input: Tensor; h: Tensor; c: Tensor } {
    const { object } = this;
    object.id; // throws once disposed
    const step = this.#waiting.at(-1);
    if (step === undefined) throw noForward("LSTMCell", this.training);
    if (step.version !== object.version()) throw staleForward("LSTMCell");
    const { shape } = step;
    const [h, c] = readCellGradients(gradients, shape);
    const length = product(shape);

    object.id; // a getter of the caller's objects may have disposed it, or gone back already
    const last = this.#waiting.length - 1;
    if (this.#waiting[last] !== step) throw noForward("LSTMCell", this.training);
    if (step.version !== object.version()) throw staleForward("LSTMCell");
    const { floats } = object.instance;
    const at = object.gradients();
    // Of the one step's output, which is h.
    floats.fill(0, at.output, at.output + length);
    writeOrClear(floats, at.h, h, length);
    writeOrClear(floats, at.c, c, length);
    object.backward(last);
    this.#waiting.pop();

    const read = (from: number, columns: number) => {
      const readShape = [...shape.slice(0, -1), columns];
      return new Tensor(floats.slice(from, from + (length / this.hiddenSize) * columns), readShape);
    };
    return { input: read(at.input, this.inputSize), h: read(at.h, this.hiddenSize), c: read(at.c, this.hiddenSize) };
  }

  override discardPending(): void {
    super.discardPending();
    this.#waiting.length = 0;
  }
}
