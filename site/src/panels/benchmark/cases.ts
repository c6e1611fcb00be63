import type { Case, Cell } from "../../../../bench/cases.js";

/** What the visitor chooses between: each cell has a class of the package, and relu RNNs cost as much as tanh ones. */
export const CELLS = ["LSTM", "GRU", "RNN"] as const satisfies readonly Cell[];

/** What is measured, in this order. */
export const KINDS = ["step", "forward", "train"] as const satisfies readonly Case["kind"][];

/** Inputs and units of a network. */
export const SIZES = ["16, 64", "64, 128", "128, 256"] as const;

/** Who can take part, in the order of the tables, by the names of `bench/`. */
export const NAMES = ["lstm-wasm", "plain JS", "onnxruntime-web", "tfjs wasm", "tfjs cpu"] as const;
export type Name = (typeof NAMES)[number];

/** What is loaded only for those who ask for it. */
export const LIBRARIES = ["onnxruntime-web", "tfjs"] as const;
export type Library = (typeof LIBRARIES)[number];

/** Megabytes that a library loads, as the site's own files. A test holds them to what is sent. */
export const MEGABYTES: Readonly<Record<Library, number>> = { "onnxruntime-web": 14.4, tfjs: 1.6 };

/** One layer, in one direction; as docs/speed.md has it, so that its figures can be compared. */
export interface Network {
  readonly cell: (typeof CELLS)[number];
  readonly size: (typeof SIZES)[number];
}

const SHAPES = {
  step: { batch: 1, steps: 1 },
  forward: { batch: 1, steps: 100 },
  train: { batch: 32, steps: 50 },
} as const;

export function caseOf(kind: Case["kind"], { cell, size }: Network): Case {
  const [inputs = 0, hidden = 0] = size.split(", ").map(Number);
  return { cell, kind, inputs, hidden, layers: 1, directions: 1, ...SHAPES[kind] };
}
