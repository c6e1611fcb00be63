import type { LayerTrace, StateDict, Tensor, Trace } from "lstm-wasm";
import type { Sequential } from "lstm-wasm/nn";
import { encode, lastDigits } from "../../../../examples/digits/task.js";
import { type CellStep, stepsOf, times } from "../../../../examples/gates/steps.js";
import { preActivations } from "./pre-activations.js";
import type { CellName, Run, Story } from "./story.js";

/** One of the three small models, and its weights by name. */
export interface DigitReader {
  readonly cell: CellName;
  readonly model: Sequential;
  readonly weights: StateDict;
}

const TRACED: Record<CellName, readonly string[]> = {
  rnn: ["h"],
  gru: ["r", "z", "n", "reset", "h"],
  lstm: ["i", "f", "g", "o", "c", "h"],
};

/** The same text through an RNN, a GRU and an LSTM that were trained to say the last digit. */
export function readDigits(readers: readonly DigitReader[], text: string): Story {
  const digits = lastDigits(text);
  const input = encode(text);
  const answers = readers.map(({ model }) => (digits.length > 0 ? (model.forward(input) as Tensor).data : []));
  const runs = digits.length > 0 ? readers.map((reader) => runOf(reader, input)) : [];
  const states = runs.flatMap(({ steps }) => steps.map(({ values: { c } }) => c ?? []));
  return {
    symbols: [...text],
    known: digits.map(() => true),
    runs,
    conclusions: digits.map((digit, t) => ({
      kind: "digit",
      digit,
      answers: answers.map((all) => 10 * (all[t] as number)), // the models answer a tenth of the digit
    })),
    scale: { x: 1, c: Math.max(1, ...states.flatMap((values) => [...values].map(Math.abs))) },
  };
}

function runOf({ cell, model, weights }: DigitReader, input: Tensor): Run {
  // All three have a trace; here its names are those of TRACED.
  const rnn = model.modules.rnn as unknown as { hiddenSize: number; trace(input: Tensor): Trace<Tensor, string> };
  const [layer] = rnn.trace(input).layers as [LayerTrace<string>];
  const parameters = Object.fromEntries(
    Object.entries(weights).map(([name, value]) => [name.replace("rnn.", ""), value]),
  );
  const sums = preActivations(cell, parameters, "_l0");
  const steps = stepsOf(layer, input, TRACED[cell]).map(({ position, x, before, now }: CellStep<string>) => {
    const [h0, c0] = [before.h as Float32Array, before.c];
    const state = { ...(c0 && { c0 }), ...now, ...shares(cell, now, h0, c0) };
    return { position, values: { x, h0, ...state, ...sums(x, h0, now) } };
  });
  return { name: cell, cell, units: rnn.hiddenSize, steps };
}

/** The two parts of the new state: what is kept of the old one, and what is added. */
function shares(
  cell: CellName,
  now: Readonly<Record<string, Float32Array>>,
  h0: Float32Array,
  c0: Float32Array | undefined,
): Record<string, Float32Array> {
  const { f, i, g, z, n } = now as Record<"f" | "i" | "g" | "z" | "n", Float32Array>;
  if (cell === "lstm") return { kept: times(f, c0 as Float32Array), added: times(i, g) };
  if (cell === "gru")
    return {
      kept: times(z, h0),
      added: times(
        z.map((value) => 1 - value),
        n,
      ),
    };
  return {};
}
