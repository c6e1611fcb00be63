import type { GRUCellOptions } from "../checks/options.js";
import { GRU_CELL } from "./cells.js";
import { RecurrentCell } from "./recurrent-cell.js";

/**
 * `torch.nn.GRUCell`: one step of one layer of a GRU, the state in the caller's hands. Its parameters are named without a
 * layer: `weight_ih weight_hh bias_ih bias_hh`.
 */
export class GRUCell extends RecurrentCell<"h"> {
  static override readonly name = "GRUCell";

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: GRUCellOptions) {
    super(GRU_CELL, options, []);
  }
}
