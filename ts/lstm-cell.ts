import { describe } from "./describe.js";
import { LSTMError } from "./errors.js";
import { checkOptions, type LSTMCellOptions } from "./options.js";
import { Recurrent } from "./recurrent.js";
import { sameShape } from "./state-dict.js";
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
    const given = readState(state, stateShape);
    const batch = shape.length === 2 ? (shape[0] as number) : 1;
    const length = batch * this.hiddenSize;

    core.reserve({ steps: 1, batch, rows: batch });
    const { floats } = core.instance;
    floats.set(data, core.input);
    if (given === undefined) {
      floats.fill(0, core.h, core.h + length);
      floats.fill(0, core.c, core.c + length);
    } else {
      floats.set(given[0].data, core.h);
      floats.set(given[1].data, core.c);
    }
    core.forward(false, false, 0, -1);
    return [core.h, core.c].map((at) => new Tensor(floats.slice(at, at + length), stateShape)) as [Tensor, Tensor];
  }
}

function readState(state: unknown, shape: readonly number[]): [Tensor, Tensor] | undefined {
  if (state === undefined || state === null) return undefined;
  if (!Array.isArray(state) || state.length !== 2 || state[0] == null || state[1] == null) {
    throw new LSTMError("STATE", `the state must be [h, c], both or neither, got ${describe(state)}`);
  }
  return ["h", "c"].map((name, index) => {
    const tensor = asTensor(name, state[index]);
    if (sameShape(tensor.shape, shape)) return tensor;
    const shapes = `Expected ${name} of shape [${shape.join(", ")}], got [${tensor.shape.join(", ")}]`;
    throw new LSTMError("SHAPE_MISMATCH", shapes);
  }) as [Tensor, Tensor];
}
