/** The time of one training step of each cell: forward, backward and Adam's update. */
import { Tensor } from "lstm-wasm";
import { Adam } from "lstm-wasm/train";
import { medianOf } from "../median.js";
import { type Cell, type CellName, createCell } from "./cells.js";
import { parametersOf } from "./count.js";

export interface CostOptions {
  /** The first is what the others are compared with. */
  readonly cells: readonly CellName[];
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly batch: number;
  readonly steps: number;
  /** How often each cell is timed. They take turns, so that a busy machine slows all of them down. */
  readonly rounds: number;
}

export interface CostPoint {
  readonly cell: CellName;
  /** What is the same as the first cell's. */
  readonly same: "hidden size" | "parameters";
  readonly hiddenSize: number;
  readonly parameters: number;
  /** Multiplications and additions of the products in a training step. */
  readonly flops: number;
  /** Milliseconds of one training step; not the same in two runs. */
  readonly milliseconds: { readonly fastest: number; readonly median: number };
}

/** One point for each cell at the same hidden size, then for the others at the same number of parameters; all at the end. */
export function* cost(options: CostOptions): Generator<CostPoint, void, void> {
  const { cells, inputSize, batch, steps, rounds } = options;
  const [first, ...others] = cells;
  if (first === undefined) return;
  const whole = sizesOf(first, inputSize, options.hiddenSize);
  const entries = [
    ...cells.map((cell) => ({ cell, same: "hidden size" as const, ...sizesOf(cell, inputSize, options.hiddenSize) })),
    ...others.map((cell) => ({ cell, same: "parameters" as const, ...closest(cell, inputSize, whole.parameters) })),
  ].map((entry) => ({ ...entry, step: trainingStep(entry.cell, options, entry.hiddenSize), times: [] as number[] }));
  for (const { step } of entries) for (let i = 0; i < 3; i++) step.run(); // V8's optimised code arrives meanwhile
  for (let round = 0; round < rounds; round++) {
    for (const { step, times } of entries) {
      const start = performance.now();
      step.run();
      times.push(performance.now() - start);
    }
  }
  for (const { step, times, cell, same, hiddenSize, parameters } of entries) {
    step.dispose();
    const gates = Math.round(parameters / (hiddenSize * (inputSize + hiddenSize + 2)));
    const flops = 3 * 2 * gates * hiddenSize * (inputSize + hiddenSize) * batch * steps;
    yield {
      ...{ cell, same, hiddenSize, parameters, flops },
      milliseconds: { fastest: Math.min(...times), median: medianOf(times) },
    };
  }
}

function trainingStep(name: CellName, { inputSize, batch, steps }: CostOptions, hiddenSize: number) {
  const cell: Cell = createCell(name, { inputSize, hiddenSize, seed: 1 });
  const optimizer = new Adam(cell.train().parameters(), { lr: 1e-4 });
  const input = Tensor.randn([steps, batch, inputSize], { seed: 2 });
  const gradient = Tensor.randn([steps, batch, hiddenSize], { seed: 3 });
  return {
    run() {
      optimizer.zeroGrad();
      cell.forward(input);
      cell.backward(gradient);
      optimizer.step();
    },
    dispose: () => cell.dispose(),
  };
}

function sizesOf(name: CellName, inputSize: number, hiddenSize: number) {
  const cell: Cell = createCell(name, { inputSize, hiddenSize, seed: 1 });
  const parameters = parametersOf(cell.parameters());
  cell.dispose();
  return { hiddenSize, parameters };
}

/** The hidden size with the number of parameters closest to `wanted`; the number grows with the size. */
function closest(name: CellName, inputSize: number, wanted: number) {
  let below = sizesOf(name, inputSize, 1);
  for (;;) {
    const above = sizesOf(name, inputSize, below.hiddenSize + 1);
    if (above.parameters >= wanted) return above.parameters - wanted < wanted - below.parameters ? above : below;
    below = above;
  }
}
