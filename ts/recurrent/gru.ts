import type { GRUOptions } from "../checks/options.js";
import type { StateDict } from "../parameters/state-dict.js";
import { GRU_CELL } from "./cells.js";
import { fromStateDict, type StackLoadOptions } from "./from-state-dict.js";
import { RecurrentStack } from "./recurrent-stack.js";
import type { GRUTraced } from "./results.js";

/**
 * `torch.nn.GRU`: a stack of GRU layers, each in one or both directions. Its state is one tensor, h.
 *
 * ```text
 * r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)      h of the step before
 * z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
 * n = tanh(W_in x + b_in + r * (W_hn h + b_hn))
 * h' = (1 - z) * n + z * h
 * ```
 *
 * The reset gate r is applied after the product, W_hn h + b_hn, as in PyTorch, cuDNN, Keras by default (`reset_after=True`) and
 * ONNX with `linear_before_reset=1`. The GRU that applies it before, W_hn (r * h) (Cho et al. 2014; Keras with
 * `reset_after=False`, ONNX by default), is another: its weights give other results here.
 *
 * ```ts
 * const gru = new GRU({ inputSize: 5, hiddenSize: 6, numLayers: 2 });
 * const [output, hn] = gru.forward(Tensor.randn([1, 3, 5])); // (seq, batch, input)
 * ```
 */
export class GRU extends RecurrentStack<"h", GRUTraced> {
  static override readonly name = "GRU";

  /** @throws LSTMError `OPTION` for a bad option, `OUT_OF_MEMORY` if the weights do not fit */
  constructor(options: GRUOptions) {
    super(GRU_CELL, options, []);
  }

  /**
   * A GRU with the parameters of a state dict, every size read off their names and shapes.
   *
   * @throws LSTMError `STATE_DICT` that says what is missing, unexpected or misshapen; `OPTION` for a bad option;
   *   `OUT_OF_MEMORY`
   */
  static fromStateDict(dict: StateDict, options: StackLoadOptions = {}): GRU {
    return fromStateDict(GRU, GRU_CELL, dict, options);
  }
}
