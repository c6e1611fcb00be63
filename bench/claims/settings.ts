/** What `npm run claims` measures: sizes that take minutes together. */
import type { RaceOptions } from "./adding.js";
import { CELL_NAMES, type CellName } from "./cells.js";
import type { CostOptions } from "./cost.js";
import type { DirectionsOptions } from "./directions.js";
import type { GradientOptions } from "./gradient.js";

export interface Settings {
  readonly gradient: GradientOptions;
  /** The races by their names. */
  readonly adding: Readonly<Record<"lags" | "no clipping" | "smaller rate" | "early marks", RaceOptions>>;
  readonly directions: DirectionsOptions;
  readonly cost: CostOptions;
}

const PLAIN: readonly CellName[] = ["RNN (tanh)", "RNN (relu)", "GRU", "LSTM"];

const lags: RaceOptions = {
  cells: [...PLAIN, "LSTM, forget bias 1"],
  marks: "halves",
  steps: [5, 10, 30, 60, 100, 200, 400],
  seeds: [1, 2, 3],
  updates: 600,
  hiddenSize: 32,
  batch: 32,
  lr: 0.01,
  maxNorm: 1,
  every: 50,
  heldOut: 256,
  solved: 0.05,
};

export const SETTINGS: Settings = {
  gradient: {
    cells: CELL_NAMES,
    scales: [1, 2, 4, 8],
    steps: [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500],
    seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    inputSize: 8,
    hiddenSize: 64,
    maxNorm: 1,
  },
  adding: {
    lags,
    "no clipping": { ...lags, cells: PLAIN, steps: [30], maxNorm: Number.POSITIVE_INFINITY },
    "smaller rate": { ...lags, cells: ["RNN (tanh)", "RNN (relu)"], steps: [30, 60], lr: 0.003, updates: 1500 },
    "early marks": {
      ...lags,
      cells: ["GRU", "LSTM", "LSTM, forget bias 1", "LSTM, forget bias 3"],
      marks: "early",
      steps: [30],
    },
  },
  directions: {
    models: {
      "one direction": { bidirectional: false, hiddenSize: 128 },
      "two directions": { bidirectional: true, hiddenSize: 128 },
      "one direction, as many parameters": { bidirectional: false, hiddenSize: 192 },
    },
    seeds: [1, 2],
    pieces: 5000,
    epochs: 2,
    testPieces: 2000,
  },
  cost: {
    cells: ["LSTM", "GRU", "RNN (tanh)", "RNN (relu)"],
    inputSize: 64,
    hiddenSize: 128,
    batch: 16,
    steps: 25,
    rounds: 101,
  },
};
