/** What is measured: one table for every contestant. */

/** The rows of `weight_ih` for each unit, by what is measured. "RNN" is nn.RNN with tanh, its default. */
export const GATES = { LSTM: 4, GRU: 3, RNN: 1, "RNN relu": 1 } as const;

export type Cell = keyof typeof GATES;

/** One recurrent network and one input, in the letters of the README: (I, H, layers, directions, batch, steps). */
export interface Case {
  readonly cell: Cell;
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

/** As a record has it: the oldest have LSTMs only and no cell. */
export type RecordedCase = Omit<Case, "cell"> & { readonly cell?: Cell };

function of(kind: Case["kind"], cell: Cell = "LSTM") {
  return (inputs: number, hidden: number, layers = 1, directions: 1 | 2 = 1, batch = 1, steps = 1): Case => ({
    cell,
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
  ...sibling("GRU"),
  ...sibling("RNN"),
  of("step", "RNN relu")(64, 128),
];

/** Of the LSTM's cases those that show what another cell changes. */
function sibling(cell: Cell): Case[] {
  const [step, forward, train] = [of("step", cell), of("forward", cell), of("train", cell)];
  return [
    step(16, 64),
    step(64, 128),
    step(256, 512),
    forward(64, 128, 1, 1, 1, 100),
    forward(128, 256, 1, 1, 16, 100),
    train(64, 128, 1, 1, 32, 50),
  ];
}

/** Multiplications and additions of one run: the gates' products; backward costs two more of them. */
export function flops(one: RecordedCase): number {
  const { cell = "LSTM", kind, inputs, hidden, layers, directions, batch, steps } = one;
  const above = (layers - 1) * (directions * hidden + hidden);
  const once = 2 * GATES[cell] * hidden * (inputs + hidden + above) * directions * batch * steps;
  return kind === "train" ? 3 * once : once;
}

/** The case as a row's name: `step (1, 16)`, `GRU forward (64, 128, 1, 1, 1, 100)`; an LSTM's has no cell in it. */
export function nameOf(one: RecordedCase): string {
  const { cell = "LSTM", kind, inputs, hidden, layers, directions, batch, steps } = one;
  const sizes = kind === "step" ? [inputs, hidden] : [inputs, hidden, layers, directions, batch, steps];
  return `${cell === "LSTM" ? "" : `${cell} `}${kind} (${sizes.join(", ")})`;
}
