/** What is measured: one table for every contestant. */

/** One LSTM and one input, in the letters of the README: (I, H, layers, directions, batch, steps). */
export interface Case {
  /**
   * What is timed. "step": one step with the state kept from call to call (batch 1, one layer, one direction). "forward":
   * a whole sequence from zero states, all outputs wanted. "train": forward, backward from the gradient of the output, and
   * the gradients of every parameter and of the input; no optimiser.
   */
  readonly kind: "step" | "forward" | "train";
  readonly inputs: number;
  readonly hidden: number;
  readonly layers: number;
  readonly directions: 1 | 2;
  readonly batch: number;
  readonly steps: number;
}

function of(kind: Case["kind"]) {
  return (inputs: number, hidden: number, layers = 1, directions: 1 | 2 = 1, batch = 1, steps = 1): Case => ({
    kind,
    inputs,
    hidden,
    layers,
    directions,
    batch,
    steps,
  });
}
const [step, forward, train] = [of("step"), of("forward"), of("train")];

export const CASES: readonly Case[] = [
  step(1, 16),
  step(1, 40),
  step(16, 64),
  step(64, 128),
  step(128, 256),
  step(256, 512),
  forward(5, 6, 2, 1, 3, 1), // the example of nn.LSTM's documentation
  forward(16, 64, 1, 1, 1, 100),
  forward(64, 128, 1, 1, 1, 100),
  forward(64, 128, 2, 2, 1, 100),
  forward(128, 256, 1, 1, 16, 100),
  forward(128, 256, 2, 2, 32, 100),
  forward(256, 512, 1, 1, 32, 50),
  train(16, 64, 1, 1, 32, 50),
  train(64, 128, 1, 1, 32, 50),
  train(128, 256, 2, 1, 32, 50),
  train(64, 128, 2, 2, 16, 100),
];

/** Multiplications and additions of one run: the gates' products; backward costs two more of them. */
export function flops({ kind, inputs, hidden, layers, directions, batch, steps }: Case): number {
  const above = (layers - 1) * (directions * hidden + hidden);
  const once = 8 * hidden * (inputs + hidden + above) * directions * batch * steps;
  return kind === "train" ? 3 * once : once;
}

/** The case as a row's name: `step (1, 16)`, `forward (64, 128, 2, 2, 1, 100)`. */
export function nameOf({ kind, inputs, hidden, layers, directions, batch, steps }: Case): string {
  const sizes = kind === "step" ? [inputs, hidden] : [inputs, hidden, layers, directions, batch, steps];
  return `${kind} (${sizes.join(", ")})`;
}
