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

export type CellName = "RNN (tanh)" | "RNN (relu)" | "GRU" | "LSTM" | `${typeof FORGET_BIAS}${number}`;

const FORGET_BIAS = "LSTM, forget bias ";

/** The cells that are measured. */
export const CELL_NAMES: readonly CellName[] = [
  "RNN (tanh)",
  "RNN (relu)",
  "GRU",
  "LSTM",
  "LSTM, forget bias 1",
  "LSTM, forget bias 3",
];

export function createCell(name: CellName, options: CellOptions): Cell {
  switch (name) {
    case "RNN (tanh)":
      return new RNN({ ...options, nonlinearity: "tanh" });
    case "RNN (relu)":
      return new RNN({ ...options, nonlinearity: "relu" });
    case "GRU":
      return new GRU(options);
    case "LSTM":
      return new LSTM(options);
    default:
      return new LSTM({ ...options, forgetBias: Number(name.slice(FORGET_BIAS.length)) });
  }
}
