import { GRU, LSTM, RNN, type StateDict, type Tensor } from "lstm-wasm";
import { Linear, Sequential } from "lstm-wasm/nn";
import { batchOf, drawTexts } from "./task.js";

export const CELLS = ["rnn", "gru", "lstm"] as const;
export type CellName = (typeof CELLS)[number];

const KINDS = { rnn: RNN, gru: GRU, lstm: LSTM } as const;

/** How many units each recurrent layer has. */
const UNITS = 4;

/** An untrained model: a recurrent layer, and a linear one that reads a tenth of the last digit off its hidden state. */
export function createModel(cell: CellName, seed: number): Sequential {
  return new Sequential({
    rnn: new KINDS[cell]({ inputSize: 2, hiddenSize: UNITS, seed }),
    head: new Linear({ inFeatures: UNITS, outFeatures: 1, seed: seed + 1 }),
  });
}

/** A trained model, from what `data/CELL.safetensors` holds. */
export function loadModel(cell: CellName, weights: StateDict): Sequential {
  return Sequential.fromStateDict(weights, { rnn: KINDS[cell], head: Linear });
}

/** How far the answers are from the last digit, on average over 200 new texts of 100 characters. */
export function errorOf(model: Sequential): number {
  const { input, target } = batchOf(drawTexts(200, 100, -1)); // training draws from seeds 0 and up
  const { data } = model.forward(input) as Tensor;
  const off = data.map((answer, index) => 10 * Math.abs(answer - (target.data[index] as number)));
  return off.reduce((sum, value) => sum + value, 0) / data.length;
}
