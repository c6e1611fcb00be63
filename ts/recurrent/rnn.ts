import type { RNNOptions } from "../checks/options.js";
import type { StateDict } from "../parameters/state-dict.js";
import { RNN_CELL } from "./cells.js";
import { fromStateDict, type StackLoadOptions } from "./from-state-dict.js";
import { RecurrentStack } from "./recurrent-stack.js";

/**
 * `torch.nn.RNN`: a stack of layers of the classic recurrent cell (Elman 1990), each in one or both directions. Its state is
 * one tensor, h.
 *
 * ```text
 * h' = tanh(W_ih x + b_ih + W_hh h + b_hh)        h of the step before; relu with nonlinearity: "relu"
 * ```
 *
 * ```ts
 * const rnn = new RNN({ inputSize: 5, hiddenSize: 6, numLayers: 2 });
 * const [output, hn] = rnn.forward(Tensor.randn([1, 3, 5])); // (seq, batch, input)
 * ```
 */
export class RNN extends RecurrentStack<"h", "h"> {
  static override readonly name = "RNN";

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: RNNOptions) {
    super(RNN_CELL, options, ["nonlinearity"]);
  }

  /**
   * An RNN with the parameters of a state dict, every size read off their names and shapes. They do not tell the
   * nonlinearity: it is tanh unless it is given.
   *
   * @throws LSTMError `STATE_DICT` that says what is missing, unexpected or misshapen; `OPTION` for a bad option;
   *   `OUT_OF_MEMORY`
   */
  static fromStateDict(dict: StateDict, options: StackLoadOptions & Pick<RNNOptions, "nonlinearity"> = {}): RNN {
    return fromStateDict(RNN, RNN_CELL, dict, options, ["nonlinearity"]);
  }

  /** What makes h of the sum. */
  get nonlinearity(): "tanh" | "relu" {
    return this.object.options.nonlinearity;
  }
}
