/**
 * `nn.LSTM`, `nn.GRU` and `nn.RNN` as their documentation has them, in float64, one sequence and one number at a time. It
 * knows nothing of the library but the names of the parameters.
 */
import type { Tensor } from "lstm-wasm";

export type Vector = number[];
export type Matrix = Vector[];

/** The cells by the names that PyTorch gives them in `RNNBase.mode`. */
export type Mode = "LSTM" | "GRU" | "RNN_TANH" | "RNN_RELU";

export interface Sizes {
  /** `"LSTM"` if left out. */
  mode?: Mode;
  hiddenSize: number;
  numLayers: number;
  bidirectional: boolean;
}

/** What happens to the output of a layer on its way to the next; dropout, for one. */
export type Between = (output: Matrix, layer: number) => Matrix;

/** What one step of one direction of one layer computed, by the names of a trace; of an RNN also `pre`, its pre-activations. */
export type Inside = { h: Vector } & Record<string, Vector>;
export type Watch = (layer: number, direction: number, t: number, inside: Inside) => void;

/** One sequence through all layers; h0 and c0 have a row for each layer and direction. Only the LSTM has a c0. */
export function reference(
  sizes: Sizes,
  parameters: Record<string, Tensor>,
  sequence: Matrix,
  h0: Matrix,
  c0: Matrix = [],
  between: Between = (output) => output,
  watch: Watch = () => {},
): { output: Matrix; h: Matrix; c: Matrix } {
  const step = STEPS[sizes.mode ?? "LSTM"];
  const directions = sizes.bidirectional ? 2 : 1;
  const result = { output: sequence, h: [] as Matrix, c: [] as Matrix };
  for (let layer = 0; layer < sizes.numLayers; layer++) {
    const output: Matrix = result.output.map(() => []);
    for (let direction = 0; direction < directions; direction++) {
      const suffix = `_l${layer}${direction === 1 ? "_reverse" : ""}`;
      const weights = (name: string) => parameters[name + suffix];
      let h = h0[layer * directions + direction] as Vector;
      let c = c0[layer * directions + direction] ?? [];
      const times = [...result.output.keys()];
      if (direction === 1) times.reverse();
      for (const t of times) {
        const inside = step(weights, sizes.hiddenSize, result.output[t] as Vector, h, c);
        watch(layer, direction, t, inside);
        [h, c] = [inside.h, inside.c ?? []];
        output[t]?.push(...h);
      }
      result.h.push(h);
      result.c.push(c);
    }
    result.output = layer + 1 < sizes.numLayers ? between(output, layer) : output;
  }
  return result;
}

type Weights = (name: string) => Tensor | undefined;
type Step = (weights: Weights, hidden: number, x: Vector, h: Vector, c: Vector) => Inside;

const at = (values: Vector, unit: number) => values[unit] as number;
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

/** W v + b of one gate, whose rows stand together. */
function affine(weights: Weights, suffix: "ih" | "hh", gate: number, hidden: number, v: Vector): Vector {
  return Array.from({ length: hidden }, (_, unit) => {
    const row = gate * hidden + unit;
    return dot(weights(`weight_${suffix}`), row, v) + (weights(`bias_${suffix}`)?.data[row] ?? 0);
  });
}

/** The pre-activations of one gate. */
function sums(weights: Weights, gate: number, hidden: number, x: Vector, h: Vector): Vector {
  const recurrent = affine(weights, "hh", gate, hidden, h);
  return affine(weights, "ih", gate, hidden, x).map((value, unit) => value + at(recurrent, unit));
}

const STEPS: Record<Mode, Step> = {
  LSTM(weights, hidden, x, h, before) {
    const gate = (index: number, activate: (value: number) => number) =>
      sums(weights, index, hidden, x, h).map(activate);
    const [i, f, g, o] = [gate(0, sigmoid), gate(1, sigmoid), gate(2, Math.tanh), gate(3, sigmoid)];
    const c = before.map((value, unit) => at(f, unit) * value + at(i, unit) * at(g, unit));
    const full = c.map((value, unit) => at(o, unit) * Math.tanh(value));
    const projection = weights("weight_hr");
    const next = projection
      ? Array.from({ length: projection.shape[0] as number }, (_, row) => dot(projection, row, full))
      : full;
    return { i, f, g, o, c, h: next };
  },

  GRU(weights, hidden, x, h) {
    const [r, z] = [0, 1].map((index) => sums(weights, index, hidden, x, h).map(sigmoid)) as [Vector, Vector];
    const reset = affine(weights, "hh", 2, hidden, h).map((value, unit) => at(r, unit) * value);
    const n = affine(weights, "ih", 2, hidden, x).map((value, unit) => Math.tanh(value + at(reset, unit)));
    const next = n.map((value, unit) => (1 - at(z, unit)) * value + at(z, unit) * at(h, unit));
    return { r, z, n, reset, h: next };
  },

  RNN_TANH(weights, hidden, x, h) {
    const pre = sums(weights, 0, hidden, x, h);
    return { pre, h: pre.map(Math.tanh) };
  },

  RNN_RELU(weights, hidden, x, h) {
    const pre = sums(weights, 0, hidden, x, h);
    return { pre, h: pre.map((value) => Math.max(value, 0)) };
  },
};

/** Row `row` of a matrix times a vector. */
function dot(matrix: Tensor | undefined, row: number, vector: Vector): number {
  if (matrix?.shape[1] !== vector.length) throw new Error(`${matrix?.shape} times ${vector.length}`);
  return vector.reduce((sum, value, column) => sum + value * (matrix.data[row * vector.length + column] as number), 0);
}
