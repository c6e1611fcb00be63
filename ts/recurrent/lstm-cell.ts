import type { LSTMCellOptions } from "../checks/options.js";
import { LSTM_CELL, type StateName } from "./cells.js";
import { RecurrentCell } from "./recurrent-cell.js";

/**
 * `torch.nn.LSTMCell`: one step of one layer of an LSTM, the state in the caller's hands. Its parameters are named without a
 * layer: `weight_ih weight_hh bias_ih bias_hh`.
 */
export class LSTMCell extends RecurrentCell<StateName> {
  static override readonly name = "LSTMCell";

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: LSTMCellOptions) {
    super(LSTM_CELL, options, ["forgetBias"]);
  }
}
