/**
 * The adding problem of Hochreiter and Schmidhuber (1997): each step shows a number from -1 to 1 and a mark. Two of the marks
 * are 1, the others 0, and after the last step the network tells the sum of the two marked numbers.
 */
import { Tensor } from "lstm-wasm";
import { Last, Linear, Sequential } from "lstm-wasm/nn";
import { Adam, clipGradNorm, mseLoss } from "lstm-wasm/train";
import { mulberry32 } from "../../examples/mulberry32.js";
import { medianOf } from "../median.js";
import { type Cell, type CellName, createCell } from "./cells.js";
import { firstStepNorms } from "./gradient.js";

/**
 * Where the marks stand. "halves": one anywhere in the first half, one anywhere in the second (Le, Jaitly and Hinton 2015);
 * some sequences are then easy. "early": one in the first tenth, one in the rest of the first half, so that every sum must be
 * kept for half the sequence, as in the first paper.
 */
export type Marks = "halves" | "early";

export interface AddingOptions {
  readonly cell: CellName;
  readonly marks: Marks;
  /** The length of a sequence. */
  readonly steps: number;
  /** Decides the first weights and the training sequences. */
  readonly seed: number;
  /** Training ends after so many updates, or as soon as the error is at most `solved`. */
  readonly updates: number;
  readonly hiddenSize: number;
  readonly batch: number;
  readonly lr: number;
  /** For clipGradNorm; Infinity does not clip. */
  readonly maxNorm: number;
  /** How many updates lie between two measurements. */
  readonly every: number;
  /** How many sequences, the same for all, the error is measured on. They are not trained on. */
  readonly heldOut: number;
  /** The error from which on the problem counts as solved. */
  readonly solved: number;
}

/** What was measured after so many updates. */
export interface AddingPoint {
  readonly updates: number;
  /** The mean square error on held-out sequences, as a part of the variance of the sum: 1 is what knowing nothing gives. */
  readonly error: number;
  readonly solved: boolean;
  /** The norm of dL/dx(1) as in `gradient`, from the last step of held-out sequences: the median. */
  readonly input: number;
}

/** The variance of the sum of two numbers that are uniform between -1 and 1. */
const VARIANCE = 2 / 3;
const HELD_OUT_SEED = 12345;

/** How far the training of one network is. */
export interface AddingProgress {
  /** How many updates are done. */
  readonly updates: number;
  /** The loss of the last update, on the sequences that it trained on, as a part of the variance too; NaN before the first. */
  readonly loss: number;
  /** What was measured now: before the first update, and after every so many. */
  readonly point: AddingPoint | undefined;
}

/** Trains one network, and yields the points that are measured. */
export function* adding(options: AddingOptions): Generator<AddingPoint, void, void> {
  for (const { point } of training(options)) {
    if (point !== undefined) yield point;
  }
}

/** Trains one network, and yields before the first update and after each, so that a page can train several in turn. */
export function* training(options: AddingOptions): Generator<AddingProgress, void, void> {
  const { marks, steps, seed, hiddenSize, batch, every } = options;
  const rnn: Cell = createCell(options.cell, { inputSize: 2, hiddenSize, seed });
  const model = new Sequential({
    rnn,
    last: new Last(),
    head: new Linear({ inFeatures: hiddenSize, outFeatures: 1, seed: seed + 1 }),
  });
  const optimizer = new Adam(model.parameters(), { lr: options.lr });
  const random = mulberry32(seed);
  const fresh = mulberry32(HELD_OUT_SEED);
  const heldOut = Array.from({ length: Math.ceil(options.heldOut / batch) }, () =>
    sequences(marks, steps, batch, fresh),
  );
  try {
    let loss = Number.NaN;
    for (let updates = 0; ; updates++) {
      let point: AddingPoint | undefined;
      if (updates % every === 0) {
        const error = errorOf(model, heldOut);
        point = { updates, error, solved: error <= options.solved, input: reach(rnn, heldOut) };
      }
      yield { updates, loss, point };
      if (point?.solved || updates === options.updates) return;
      const { input, sums } = sequences(marks, steps, batch, random);
      model.train();
      optimizer.zeroGrad();
      const trained = mseLoss(model.forward(input), sums);
      loss = trained.loss / VARIANCE;
      model.backward(trained.gradient);
      clipGradNorm(model.parameters(), options.maxNorm);
      optimizer.step();
    }
  } finally {
    model.dispose();
  }
}

export interface RaceOptions extends Omit<AddingOptions, "cell" | "steps" | "seed"> {
  readonly cells: readonly CellName[];
  /** Ascending. A cell that fewer than half of the seeds solve one length with is not tried with longer ones. */
  readonly steps: readonly number[];
  readonly seeds: readonly number[];
}

/** A point of one of the networks that a race trains. */
export interface RacePoint extends AddingPoint, Pick<AddingOptions, "cell" | "steps" | "seed"> {}

/** Trains every cell with every length and seed, one after the other. */
export function* race({ cells, steps: lengths, seeds, ...options }: RaceOptions): Generator<RacePoint, void, void> {
  for (const cell of cells) {
    for (const steps of lengths) {
      let solved = 0;
      for (const seed of seeds) {
        for (const point of adding({ ...options, cell, steps, seed })) {
          if (point.solved) solved++;
          yield { cell, steps, seed, ...point };
        }
      }
      if (2 * solved < seeds.length) break;
    }
  }
}

interface Sequences {
  /** (steps, batch, 2): numbers and marks. */
  readonly input: Tensor;
  /** (batch, 1) */
  readonly sums: Tensor;
}

function sequences(marks: Marks, steps: number, batch: number, random: () => number): Sequences {
  const input = Tensor.zeros([steps, batch, 2]);
  const sums = Tensor.zeros([batch, 1]);
  const half = Math.floor(steps / 2);
  const tenth = Math.ceil(steps / 10);
  const [begin, end] = marks === "halves" ? [half, steps] : [tenth, half];
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < steps; t++) input.data[(t * batch + b) * 2] = 2 * random() - 1;
    const first = Math.floor(random() * (marks === "halves" ? half : tenth));
    const second = begin + Math.floor(random() * (end - begin));
    for (const t of [first, second]) {
      const at = (t * batch + b) * 2;
      input.data[at + 1] = 1;
      sums.data[b] = (sums.data[b] as number) + (input.data[at] as number);
    }
  }
  return { input, sums };
}

function errorOf(model: Sequential, heldOut: readonly Sequences[]): number {
  model.eval();
  const losses = heldOut.map(({ input, sums }) => mseLoss(model.forward(input), sums).loss);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length / VARIANCE;
}

/** How much of the gradient at the last step reaches the first. */
function reach(rnn: Cell, heldOut: readonly Sequences[]): number {
  const [one] = heldOut;
  if (one === undefined) return Number.NaN;
  rnn.train();
  return medianOf(firstStepNorms(rnn, one.input, 0));
}
