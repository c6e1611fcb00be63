import type { CellName } from "./story.js";

/** A curve on which the followed unit is marked: at the value `x` of the step. */
export interface Curve {
  readonly shape: "sigmoid" | "tanh";
  readonly x: string;
}

/** One stage of a cell's drawing. */
export interface Stage {
  /** Its name in the strings. */
  readonly name: StageName;
  readonly equation: string;
  /** The equation in numbers, the names of values in braces. */
  readonly numbers: string;
  /** What is shown as heat maps, with their labels. */
  readonly maps: readonly { readonly value: string; readonly label: string }[];
  readonly curve?: Curve;
  /** The stages that it reads. */
  readonly from: readonly StageName[];
}

export type StageName =
  | "input"
  | "forget"
  | "inputGate"
  | "candidate"
  | "cellState"
  | "outputGate"
  | "hidden"
  | "reset"
  | "resetState"
  | "update";

const INPUT: Stage = {
  name: "input",
  equation: "[x(t), h(t−1)]",
  numbers: "h(t−1) = {h0}",
  maps: [
    { value: "x", label: "x(t)" },
    { value: "h0", label: "h(t−1)" },
  ],
  from: [],
};

/** A gate with its sigmoid, or the LSTM's candidate with its tanh. */
function gate(name: StageName, letter: string, shape: Curve["shape"]): Stage {
  const symbol = shape === "sigmoid" ? "σ" : "tanh";
  return {
    name,
    equation: `${letter}(t) = ${symbol}(W_${letter} [x(t), h(t−1)] + b_${letter})`,
    numbers: `${letter}(t) = ${symbol}({a_${letter}}) = {${letter}}`,
    maps: [{ value: letter, label: `${letter}(t)` }],
    curve: { shape, x: `a_${letter}` },
    from: ["input"],
  };
}

/** The stages of each cell in the order of their computation. */
export const STAGES: Record<CellName, readonly Stage[]> = {
  lstm: [
    INPUT,
    gate("forget", "f", "sigmoid"),
    gate("inputGate", "i", "sigmoid"),
    gate("candidate", "g", "tanh"),
    {
      name: "cellState",
      equation: "c(t) = f(t) · c(t−1) + i(t) · g(t)",
      numbers: "c(t) = {f} · {c0} + {i} · {g} = {c}",
      maps: [
        { value: "c0", label: "c(t−1)" },
        { value: "kept", label: "f · c(t−1)" },
        { value: "added", label: "i · g" },
        { value: "c", label: "c(t)" },
      ],
      from: ["forget", "inputGate", "candidate"],
    },
    gate("outputGate", "o", "sigmoid"),
    {
      name: "hidden",
      equation: "h(t) = o(t) · tanh(c(t))",
      numbers: "h(t) = {o} · tanh({c}) = {h}",
      maps: [{ value: "h", label: "h(t)" }],
      curve: { shape: "tanh", x: "c" },
      from: ["cellState", "outputGate"],
    },
  ],
  gru: [
    INPUT,
    gate("reset", "r", "sigmoid"),
    gate("update", "z", "sigmoid"),
    {
      name: "resetState",
      equation: "reset(t) = r(t) · (W_hn h(t−1) + b_hn)",
      numbers: "reset(t) = {reset}",
      maps: [{ value: "reset", label: "reset(t)" }],
      from: ["input", "reset"],
    },
    {
      name: "candidate",
      equation: "n(t) = tanh(W_in x(t) + b_in + reset(t))",
      numbers: "n(t) = tanh({a_n}) = {n}",
      maps: [{ value: "n", label: "n(t)" }],
      curve: { shape: "tanh", x: "a_n" },
      from: ["input", "resetState"],
    },
    {
      name: "hidden",
      equation: "h(t) = z(t) · h(t−1) + (1 − z(t)) · n(t)",
      numbers: "h(t) = {z} · {h0} + (1 − {z}) · {n} = {h}",
      maps: [
        { value: "h0", label: "h(t−1)" },
        { value: "kept", label: "z · h(t−1)" },
        { value: "added", label: "(1−z) · n" },
        { value: "h", label: "h(t)" },
      ],
      from: ["update", "candidate"],
    },
  ],
  rnn: [
    INPUT,
    {
      name: "hidden",
      equation: "h(t) = tanh(W [x(t), h(t−1)] + b)",
      numbers: "h(t) = tanh({a_h}) = {h}",
      maps: [{ value: "h", label: "h(t)" }],
      curve: { shape: "tanh", x: "a_h" },
      from: ["input"],
    },
  ],
};

/** The parts of `Stage.numbers`: text, and names of values. */
export function partsOf(numbers: string): readonly ({ text: string } | { value: string })[] {
  return numbers
    .split(/(\{\w+\})/)
    .filter((part) => part !== "")
    .map((part) => (part.startsWith("{") ? { value: part.slice(1, -1) } : { text: part }));
}

/** All values of a cell that have a number for each unit, in the order of the stages; each once. */
export function valuesOf(cell: CellName): string[] {
  const names = STAGES[cell].flatMap(({ numbers, maps }) => [
    ...partsOf(numbers).flatMap((part) => ("value" in part ? [part.value] : [])),
    ...maps.map(({ value }) => value),
  ]);
  return [...new Set(names)].filter((name) => name !== "x");
}
