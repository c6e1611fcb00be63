import { shapeText } from "./describe.js";
import { LSTMError } from "./errors.js";
import { noForward, readCellGradients } from "./gradients.js";
import { checkOptions, type LSTMCellOptions } from "./options.js";
import { Recurrent } from "./recurrent.js";
import type { GradState } from "./results.js";
import { readRows, writeOrClear, writeRows } from "./rows.js";
import { readStates } from "./shape.js";
import { asTensor, blank, product, Tensor, type TensorInput } from "./tensor.js";

/**
 * `torch.nn.LSTMCell`: one step of one layer, the state in the caller's hands. Its parameters are named without a layer:
 * `weight_ih weight_hh bias_ih bias_hh`.
 */
export class LSTMCell extends Recurrent {
  static override readonly name = "LSTMCell";
  /** The shape of h of each training step that waits for its backward, the last on top. */
  readonly #waiting: (readonly number[])[] = [];
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
    const { core } = this;
    core.id; // throws once disposed
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
    const { instance } = core;
    const call = { steps: 1, batch, rows: batch };
    let x = data;
    let h = given?.[0].data;
    let c = given?.[1].data;
    if (training || !core.holds(call)) {
      x = instance.own(x);
      h = h && instance.own(h);
      c = c && instance.own(c);
      core.reserve(call, training);
    }
    const { floats } = instance;
    const length = batch * this.hiddenSize;
    writeRows(floats, core.input, x);
    writeOrClear(floats, core.h, h, length);
    writeOrClear(floats, core.c, c, length);
    core.forward(false, false, training);
    if (training) this.#waiting.push(stateShape);
    const [hn, cn] = [blank(stateShape), blank(stateShape)];
    readRows(floats, core.h, hn.data);
    readRows(floats, core.c, cn.data);
    return [hn, cn];
  }

  /**
   * Goes back through the last step in training mode that was not gone back through yet: steps come back in reverse. Adds
   * to every `parameter.grad`.
   *
   * @param gradients `[gradH, gradC]` of the step's results, each may be undefined for zeros; not both may be missing
   * @returns the gradients of the step's input, h and c, shaped as they were
   * @throws LSTMError `NO_FORWARD` when no step is left; `SHAPE_MISMATCH`, `DTYPE`, `STATE`
   */
  backward(gradients: GradState): { input: Tensor; h: Tensor; c: Tensor } {
    const { core } = this;
    core.id; // throws once disposed
    const shape = this.#waiting.at(-1);
    if (shape === undefined) throw noForward("LSTMCell", this.training);
    const [h, c] = readCellGradients(gradients, shape);
    const length = product(shape);

    const { floats } = core.instance;
    const at = core.gradients();
    // Of the one step's output, which is h.
    floats.fill(0, at.output, at.output + length);
    writeOrClear(floats, at.h, h, length);
    writeOrClear(floats, at.c, c, length);
    this.#waiting.pop();
    core.backward();

    const read = (from: number, columns: number) => {
      const readShape = [...shape.slice(0, -1), columns];
      return new Tensor(floats.slice(from, from + (length / this.hiddenSize) * columns), readShape);
    };
    return { input: read(at.input, this.inputSize), h: read(at.h, this.hiddenSize), c: read(at.c, this.hiddenSize) };
  }

  /** @internal */
  override forget(): void {
    super.forget();
    this.#waiting.length = 0;
  }
}
