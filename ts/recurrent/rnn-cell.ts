import type { RNNCellOptions } from "../checks/options.js";
import { RNN_CELL } from "./cells.js";
import { RecurrentCell } from "./recurrent-cell.js";

/**
 * `torch.nn.RNNCell`: one step of one layer of an RNN, the state in the caller's hands. Its parameters are named without a
 * layer: `weight_ih weight_hh bias_ih bias_hh`.
 */
export class RNNCell extends RecurrentCell<"h"> {
  static override readonly name = "RNNCell";

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: RNNCellOptions) {
    super(RNN_CELL, options, ["nonlinearity"]);
  }

  /** What makes h of the sum. */
  get nonlinearity(): "tanh" | "relu" {
    return this.object.options.nonlinearity;
  }
}
