/**
 * `nn.LSTM` as its documentation has it, in float64, one sequence and one number at a time. It knows nothing of the
 * library but the names of the parameters.
 */
import type { Tensor } from "lstm-wasm";

export type Vector = number[];
export type Matrix = Vector[];

export interface Sizes {
  hiddenSize: number;
  numLayers: number;
  bidirectional: boolean;
}

/** What happens to the output of a layer on its way to the next; dropout, for one. */
export type Between = (output: Matrix, layer: number) => Matrix;

/** What one step of one direction of one layer computed. */
export type Inside = Record<"i" | "f" | "g" | "o" | "c" | "h", Vector>;
export type Watch = (layer: number, direction: number, t: number, inside: Inside) => void;

/** One sequence through all layers; h0 and c0 have a row for each layer and direction. */
export function reference(
  sizes: Sizes,
  parameters: Record<string, Tensor>,
  sequence: Matrix,
  h0: Matrix,
  c0: Matrix,
  between: Between = (output) => output,
  watch: Watch = () => {},
): { output: Matrix; h: Matrix; c: Matrix } {
  const directions = sizes.bidirectional ? 2 : 1;
  const result = { output: sequence, h: [] as Matrix, c: [] as Matrix };
  for (let layer = 0; layer < sizes.numLayers; layer++) {
    const output: Matrix = result.output.map(() => []);
    for (let direction = 0; direction < directions; direction++) {
      const suffix = `_l${layer}${direction === 1 ? "_reverse" : ""}`;
      const weights = (name: string) => parameters[name + suffix];
      let h = h0[layer * directions + direction] as Vector;
      let c = c0[layer * directions + direction] as Vector;
      const times = [...result.output.keys()];
      if (direction === 1) times.reverse();
      for (const t of times) {
        const inside = step(weights, sizes.hiddenSize, result.output[t] as Vector, h, c);
        watch(layer, direction, t, inside);
        [h, c] = [inside.h, inside.c];
        output[t]?.push(...h);
      }
      result.h.push(h);
      result.c.push(c);
    }
    result.output = layer + 1 < sizes.numLayers ? between(output, layer) : output;
  }
  return result;
}

function step(
  weights: (name: string) => Tensor | undefined,
  hidden: number,
  x: Vector,
  h: Vector,
  before: Vector,
): Inside {
  const gate = (index: number, activate: (value: number) => number) =>
    Array.from({ length: hidden }, (_, unit) => {
      const row = index * hidden + unit;
      const bias = (weights("bias_ih")?.data[row] ?? 0) + (weights("bias_hh")?.data[row] ?? 0);
      return activate(dot(weights("weight_ih"), row, x) + dot(weights("weight_hh"), row, h) + bias);
    });
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  const [i, f, g, o] = [gate(0, sigmoid), gate(1, sigmoid), gate(2, Math.tanh), gate(3, sigmoid)];
  const at = (values: Vector, unit: number) => values[unit] as number;
  const c = before.map((value, unit) => at(f, unit) * value + at(i, unit) * at(g, unit));
  const full = c.map((value, unit) => at(o, unit) * Math.tanh(value));
  const projection = weights("weight_hr");
  const next = projection
    ? Array.from({ length: projection.shape[0] as number }, (_, row) => dot(projection, row, full))
    : full;
  return { i, f, g, o, c, h: next };
}

/** Row `row` of a matrix times a vector. */
function dot(matrix: Tensor | undefined, row: number, vector: Vector): number {
  if (matrix?.shape[1] !== vector.length) throw new Error(`${matrix?.shape} times ${vector.length}`);
  return vector.reduce((sum, value, column) => sum + value * (matrix.data[row * vector.length + column] as number), 0);
}
