/** The recurrent networks that the experiments compare, by the names that tables and charts show. */
import { GRU, LSTM, RNN, type Tensor } from "lstm-wasm";
import type { Module } from "lstm-wasm/nn";

/** One layer in one direction, and the seed of its first values. */
export interface CellOptions {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly seed: number;
}

/** What the experiments need of an RNN, a GRU and an LSTM. */
export interface Cell extends Module {
  /** (steps, batch, inputSize) to `[output, state]`; output is (steps, batch, hiddenSize). */
  forward(input: Tensor): [Tensor, unknown];
  /** From the gradient of the output to the gradient of the input. */
  backward(gradOutput: Tensor): { readonly input: Tensor };
}

export const CELLS = {
  "RNN (tanh)": (options) => new RNN({ ...options, nonlinearity: "tanh" }),
  "RNN (relu)": (options) => new RNN({ ...options, nonlinearity: "relu" }),
  GRU: (options) => new GRU(options),
  LSTM: (options) => new LSTM(options),
  "LSTM, forget bias 1": (options) => new LSTM({ ...options, forgetBias: 1 }),
  "LSTM, forget bias 3": (options) => new LSTM({ ...options, forgetBias: 3 }),
} satisfies Record<string, (options: CellOptions) => Cell>;

export type CellName = keyof typeof CELLS;

export const CELL_NAMES = Object.keys(CELLS) as readonly CellName[];
