/** How much of the gradient of a loss at step T reaches step 1, before any training. */
import { Tensor } from "lstm-wasm";
import { clipGradNorm } from "lstm-wasm/train";
import { medianOf } from "../median.js";
import { type Cell, type CellName, createCell } from "./cells.js";

export interface GradientOptions {
  readonly cells: readonly CellName[];
  /** Factors that the first values of weight_hh are multiplied by; 1 leaves PyTorch's. */
  readonly scales: readonly number[];
  /** The lengths T. */
  readonly steps: readonly number[];
  /** An odd number of them. Each draws weights, an input and a loss of its own. */
  readonly seeds: readonly number[];
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** The largest norm that clipping leaves to the gradient of the parameters. */
  readonly maxNorm: number;
}

/** Medians over the seeds; null where float32 has no numbers that large. */
export interface GradientPoint {
  readonly cell: CellName;
  readonly scale: number;
  readonly steps: number;
  /** The norm of dL/dx(1), where L = r . h(T) and r is a random vector of length 1. */
  readonly input: number | null;
  /** The norm of the gradient of all parameters together. */
  readonly parameters: number | null;
  /** The same after clipGradNorm. */
  readonly clipped: number | null;
}

/** One point for each cell, scale and length. */
export function* gradient(options: GradientOptions): Generator<GradientPoint, void, void> {
  for (const cell of options.cells) {
    for (const scale of options.scales) {
      for (const steps of options.steps) yield pointOf(options, cell, scale, steps);
    }
  }
}

function pointOf(options: GradientOptions, name: CellName, scale: number, steps: number): GradientPoint {
  const { seeds, inputSize, hiddenSize, maxNorm } = options;
  const runs = seeds.map((seed) => {
    const cell = createCell(name, { inputSize, hiddenSize, seed });
    scaleRecurrent(cell, scale);
    cell.train();
    const [input = Number.NaN] = firstStepNorms(cell, Tensor.randn([steps, 1, inputSize], { seed: seed + 1000 }), seed);
    const parameters = clipGradNorm(cell.parameters(), maxNorm);
    const clipped = clipGradNorm(cell.parameters(), Number.POSITIVE_INFINITY);
    cell.dispose();
    return { input, parameters, clipped };
  });
  const median = (what: "input" | "parameters" | "clipped") => {
    const value = medianOf(runs.map((run) => (Number.isNaN(run[what]) ? Number.POSITIVE_INFINITY : run[what])));
    return Number.isFinite(value) ? value : null;
  };
  return {
    ...{ cell: name, scale, steps },
    ...{ input: median("input"), parameters: median("parameters"), clipped: median("clipped") },
  };
}

/**
 * The norm of dL/dx(1) for each sequence of a batch, where L sums r . h(T) over the batch and r is a random vector of
 * length 1. The cell must be in training mode; the gradients of its parameters are added to.
 *
 * @param input (steps, batch, inputSize)
 */
export function firstStepNorms(cell: Cell, input: Tensor, seed: number): number[] {
  const [output] = cell.forward(input);
  const [, batch = 0, hiddenSize = 0] = output.shape;
  const direction = Tensor.randn([hiddenSize], { seed: seed + 2000 }).data;
  const length = normOf(direction);
  const gradient = Tensor.zeros(output.shape);
  const last = gradient.data.length - batch * hiddenSize;
  for (let i = 0; i < batch * hiddenSize; i++) {
    gradient.data[last + i] = (direction[i % hiddenSize] as number) / length;
  }
  const { data, shape } = cell.backward(gradient).input;
  const [, , inputSize = 0] = shape;
  return Array.from({ length: batch }, (_, b) => normOf(data.subarray(b * inputSize, (b + 1) * inputSize)));
}

function scaleRecurrent(cell: Cell, scale: number): void {
  for (const [name, parameter] of cell.namedParameters()) {
    if (!name.startsWith("weight_hh")) continue;
    parameter.set(
      new Tensor(
        parameter.data.map((value) => scale * value),
        parameter.shape,
      ),
    );
  }
}

/** In float64, where the squares of small float32 numbers do not become 0. */
function normOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
