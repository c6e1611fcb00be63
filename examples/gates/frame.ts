import stringWidth from "string-width";
import { bold, dim, gateBar, type Ink, signedBar } from "./bars.js";
import { printable, sentence } from "./sentence.js";
import type { Step, Walk } from "./walk.js";

/** All frames are made for a terminal of 80 by 24: 23 lines and one for the viewer. */
const COLUMNS = 80;

/** How many positions of the concatenation one frame shows. */
const POSITIONS = 8;

/** How many frames there are: one a step, then the concatenation. */
export function frameCount({ steps, outputs }: Walk): number {
  return steps.length + Math.ceil(outputs.length / POSITIONS);
}

/** The lines of one frame. */
export function frame(walk: Walk, index: number, ink: Ink): string[] {
  const title = bold("Gate by gate through the pinyin model's LSTM, 64 → 32 each way", ink);
  const count = `${index + 1}/${frameCount(walk)}`;
  const step = walk.steps[index];
  const lines = step ? stepLines(walk, step, ink) : concatenation(walk, index - walk.steps.length, ink);
  return [apart(title, count), ...lines];
}

function stepLines(walk: Walk, step: Step, ink: Ink): string[] {
  const { direction, position, t, x, before, f, i, g, kept, added, c, o, h } = step;
  const { symbols, known, scale } = walk;
  const forward = direction === "forward";
  const where = forward ? `forward →  t = ${t}` : `← reverse  t = ${t}`;
  const been = (other: number) => (forward ? other <= position : other >= position);
  const signed = (label: string, values: Float32Array, full: number, note: string) =>
    barLines(label, signedBar(values, full, ink), note, ink);
  const gate = (label: string, values: Float32Array, note: string) =>
    barLines(label, [gateBar(values, ink), ""], `${note}; mean ${mean(values).toFixed(2)}`, ink);
  const legend = known[position] ? NEGATIVE[ink] : "not in the vocabulary: reads <UNK>";
  return [
    apart(` ${sentence(symbols, position, been, COLUMNS - stringWidth(where) - 3, ink)}`, bold(where, ink)),
    "",
    apart(heading("input", "[x(t), h(t-1)]", ink), dim(legend, ink)),
    ...signed("x(t)", x, scale.x, full(scale.x)),
    ...signed("h(t-1)", before.h, 1, `${full(1)}${t === 1 ? "; zeros, nothing read yet" : ""}`),
    heading("forget gate", "f(t) = σ(W_f [x(t), h(t-1)] + b_f)", ink),
    ...gate("f(t)", f, "0 forgets, 1 keeps"),
    heading("input gate", "i(t) = σ(W_i [x(t), h(t-1)] + b_i)", ink),
    ...gate("i(t)", i, "0 ignores, 1 lets in"),
    heading("candidate", "g(t) = tanh(W_g [x(t), h(t-1)] + b_g)", ink),
    ...signed("g(t)", g, 1, `what could be added; ${full(1)}`),
    apart(heading("cell state", "c(t) = f(t) * c(t-1) + i(t) * g(t)", ink), dim("▲ the unit that changes most", ink)),
    ...signed("kept", kept, scale.c, "f(t) * c(t-1)"),
    ...signed("added", added, scale.c, "i(t) * g(t)"),
    ...signed("c(t)", c, scale.c, `kept + added; ${full(scale.c)}`),
    arithmetic(step),
    heading("output gate", "o(t) = σ(W_o [x(t), h(t-1)] + b_o)", ink),
    ...gate("o(t)", o, "0 hides, 1 shows"),
    heading("hidden state", "h(t) = o(t) * tanh(c(t))", ink),
    ...signed("h(t)", h, 1, `what the cell tells; ${full(1)}`),
    "",
    summary(step),
  ];
}

/** The step in plain words. */
export function summary({ t, f, i, o }: Pick<Step, "t" | "f" | "i" | "o">): string {
  const [keeps, lets, shows] = [f, i, o].map((gate) => `${Math.round(100 * mean(gate))} %`);
  if (t === 1) return `Nothing to keep yet. Lets in ${lets} of the candidate on average, shows ${shows}.`;
  return `Keeps ${keeps} of the cell on average, lets in ${lets} of the candidate, shows ${shows}.`;
}

/** The cell state's equation in numbers, for the unit that changes most, and a mark under that unit. */
function arithmetic({ f, i, g, c, before }: Step): string {
  const change = (unit: number) => Math.abs((c[unit] as number) - (before.c[unit] as number));
  const unit = [...c.keys()].reduce((most, unit) => (change(unit) > change(most) ? unit : most));
  const [f1, c0, i1, g1, c1] = [f, before.c, i, g, c].map((values) => (values[unit] as number).toFixed(2));
  return `${" ".repeat(LABEL + unit)}▲ ${f1} * ${c0} + ${i1} * ${g1} ≈ ${c1}`;
}

function concatenation({ symbols, outputs, readings }: Walk, part: number, ink: Ink): string[] {
  const first = part * POSITIONS;
  const rows = outputs.slice(first, first + POSITIONS).flatMap((output, index) => {
    const half = output.length / 2;
    const [left, leftSigns] = signedBar(output.subarray(0, half), 1, ink);
    const [right, rightSigns] = signedBar(output.subarray(half), 1, ink);
    const label = padded(` ${printable(symbols[first + index] as string)}`, LABEL - 1);
    const signs = `${" ".repeat(LABEL - 1)}${leftSigns.padEnd(half)} ${rightSigns}`.trimEnd();
    const line = `${label}${left}│${right} ${readings[first + index]}`;
    return [line.trimEnd(), signs]; // empty on a terminal, where it keeps what hangs apart from what stands above it
  });
  const shown = (position: number) => position >= first && position < first + POSITIONS;
  const where = "forward → | ← reverse";
  const text = sentence(symbols, undefined, shown, COLUMNS - where.length - 3, ink);
  return [
    apart(` ${text}`, bold(where, ink)),
    "",
    heading("concatenation", "[h(t) forward, h(t) reverse]: the LSTM's 64 outputs a character", ink),
    dim(`       ${"has read everything up to here".padEnd(33)}everything from here to the end  reads`, ink),
    ...rows,
    "From these the dense layers choose where a character has several readings (*).",
  ];
}

/** How wide the labels of bars are. */
const LABEL = 8;

function barLines(label: string, [bar, signs]: readonly [string, string], note: string, ink: Ink): string[] {
  const line = `${padded(` ${label}`, LABEL)}${bar} ${dim(note, ink)}`;
  return signs === "" ? [line] : [line, " ".repeat(LABEL) + signs];
}

function heading(name: string, equation: string, ink: Ink): string {
  return `${bold(name.padEnd(13), ink)} ${equation}`;
}

const NEGATIVE: Record<Ink, string> = {
  colour: "hanging: negative   · near 0",
  mono: "hanging: negative   · near 0",
  plain: "- under a bar: negative   · near 0",
};

const full = (scale: number) => `█ = ${scale}`;

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** `left` and `right` at the two ends of a line. */
function apart(left: string, right: string): string {
  return padded(left, COLUMNS - stringWidth(right)) + right;
}

/** Padded by hand because a terminal counts columns, not characters. */
function padded(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - stringWidth(text)));
}
