import { LSTMError } from "./errors.js";
import { checkOptions, type LSTMCellOptions } from "./options.js";
import { Recurrent } from "./recurrent.js";
import { readStates } from "./shape.js";
import { asTensor, Tensor, type TensorInput } from "./tensor.js";

/**
 * `torch.nn.LSTMCell`: one step of one layer, the state in the caller's hands. Its parameters are named without a layer:
 * `weight_ih weight_hh bias_ih bias_hh`.
 */
export class LSTMCell extends Recurrent {
  static override readonly name = "LSTMCell";
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
      throw new LSTMError("SHAPE_MISMATCH", `input: ${expected}, got [${shape.join(", ")}]`);
    }
    const stateShape = [...shape.slice(0, -1), this.hiddenSize];
    const given = readStates(["h", "c"], state, stateShape, stateShape);
    const batch = shape.length === 2 ? (shape[0] as number) : 1;
    const length = batch * this.hiddenSize;

    const { instance } = core;
    const [x, h, c] = [instance.own(data), given && instance.own(given[0].data), given && instance.own(given[1].data)];
    core.reserve({ steps: 1, batch, rows: batch });
    const { floats } = instance;
    floats.set(x, core.input);
    if (h === undefined || c === undefined) {
      floats.fill(0, core.h, core.h + length);
      floats.fill(0, core.c, core.c + length);
    } else {
      floats.set(h, core.h);
      floats.set(c, core.c);
    }
    core.forward(false, false, 0, -1);
    return [core.h, core.c].map((at) => new Tensor(floats.slice(at, at + length), stateShape)) as [Tensor, Tensor];
  }
}
