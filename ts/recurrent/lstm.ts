import type { LSTMOptions } from "../checks/options.js";
import type { StateDict } from "../parameters/state-dict.js";
import { LSTM_CELL, type StateName } from "./cells.js";
import { fromStateDict, type StackLoadOptions } from "./from-state-dict.js";
import { RecurrentStack } from "./recurrent-stack.js";
import type { Traced } from "./results.js";

/**
 * `torch.nn.LSTM`: a stack of LSTM layers, each in one or both directions.
 *
 * ```text
 * i = sigmoid(W_ii x + b_ii + W_hi h + b_hi)      h, c of the step before
 * f = sigmoid(W_if x + b_if + W_hf h + b_hf)
 * g = tanh(W_ig x + b_ig + W_hg h + b_hg)
 * o = sigmoid(W_io x + b_io + W_ho h + b_ho)
 * c' = f * c + i * g
 * h' = o * tanh(c')                               with projSize: W_hr (o * tanh(c'))
 * ```
 *
 * ```ts
 * const lstm = new LSTM({ inputSize: 5, hiddenSize: 6, numLayers: 2 });
 * const [output, [hn, cn]] = lstm.forward(Tensor.randn([1, 3, 5])); // (seq, batch, input)
 * ```
 */
export class LSTM extends RecurrentStack<StateName, Traced> {
  static override readonly name = "LSTM";

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: LSTMOptions) {
    super(LSTM_CELL, options, ["projSize", "forgetBias"]);
  }

  /**
   * An LSTM with the parameters of a state dict, every size read off their names and shapes.
   *
   * @throws LSTMError `STATE_DICT` that says what is missing, unexpected or misshapen; `OPTION` for a bad option;
   *   `OUT_OF_MEMORY`
   */
  static fromStateDict(dict: StateDict, options: StackLoadOptions = {}): LSTM {
    return fromStateDict(LSTM, LSTM_CELL, dict, options);
  }

  /** Columns that h is projected to; 0 for no projection. */
  get projSize(): number {
    return this.object.options.projSize;
  }
}
