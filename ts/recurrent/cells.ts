/** A state that a cell hands from step to step: the hidden state, and the LSTM's cell state beside it. */
export type StateName = "h" | "c";

/** What differs between cells here. Their equations are in crates/lstm-core/src/cell. */
export interface Cell {
  /** As PyTorch calls it. */
  readonly name: string;
  /** Its place in the core's `Cell::ALL`; of the RNN with tanh, which the one with relu comes after. */
  readonly number: number;
  /** Rows of `weight_ih` and `weight_hh` for each unit. */
  readonly gates: number;
  /** h first, as in the core's buffers. */
  readonly states: readonly StateName[];
  /** What a trace can show, by name: a number in `Kernels.trace`, or two whose product it is. */
  readonly traced: Readonly<Record<string, readonly number[]>>;
}

// A constant each and no table of all: a bundle holds the cells that it uses.
export const LSTM_CELL: Cell = {
  name: "LSTM",
  number: 0,
  gates: 4,
  states: ["h", "c"],
  traced: { i: [0], f: [1], g: [2], o: [3], c: [4], h: [5] },
};

export const GRU_CELL: Cell = {
  name: "GRU",
  number: 1,
  gates: 3,
  states: ["h"],
  traced: { r: [0], z: [1], n: [2], reset: [0, 3], h: [5] },
};

export const RNN_CELL: Cell = { name: "RNN", number: 2, gates: 1, states: ["h"], traced: { h: [5] } };

/** What PyTorch puts behind the name of a parameter of layers. */
export const suffixOf = (layer: number, direction: number): string => `_l${layer}${direction === 1 ? "_reverse" : ""}`;

/** Something for each state of a cell, by names in the order of `Cell.states`. */
export function byState<T>(names: readonly string[], read: (index: number) => T): Record<string, T> {
  return Object.fromEntries(names.map((name, index) => [name, read(index)]));
}
