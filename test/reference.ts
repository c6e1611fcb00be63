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

/** One sequence through all layers; h0 and c0 have a row for each layer and direction. */
export function reference(
  sizes: Sizes,
  parameters: Record<string, Tensor>,
  sequence: Matrix,
  h0: Matrix,
  c0: Matrix,
  between: Between = (output) => output,
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
        [h, c] = step(weights, sizes.hiddenSize, result.output[t] as Vector, h, c);
        output[t]?.push(...h);
      }
      result.h.push(h);
      result.c.push(c);
    }
    result.output = layer + 1 < sizes.numLayers ? between(output, layer) : output;
  }
  return result;
}

function step(weights: (name: string) => Tensor | undefined, hidden: number, x: Vector, h: Vector, c: Vector) {
  const gate = (index: number, unit: number) => {
    const row = index * hidden + unit;
    const bias = (name: string) => weights(name)?.data[row] ?? 0;
    return dot(weights("weight_ih"), row, x) + bias("bias_ih") + dot(weights("weight_hh"), row, h) + bias("bias_hh");
  };
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  const units = Array.from({ length: hidden }, (_, unit) => {
    const [i, f, g, o] = [
      sigmoid(gate(0, unit)),
      sigmoid(gate(1, unit)),
      Math.tanh(gate(2, unit)),
      sigmoid(gate(3, unit)),
    ];
    const cell = f * (c[unit] as number) + i * g;
    return { cell, h: o * Math.tanh(cell) };
  });
  const full = units.map((unit) => unit.h);
  const projection = weights("weight_hr");
  const next = projection
    ? Array.from({ length: projection.shape[0] as number }, (_, row) => dot(projection, row, full))
    : full;
  return [next, units.map((unit) => unit.cell)] as const;
}

/** Row `row` of a matrix times a vector. */
function dot(matrix: Tensor | undefined, row: number, vector: Vector): number {
  if (matrix?.shape[1] !== vector.length) throw new Error(`${matrix?.shape} times ${vector.length}`);
  return vector.reduce((sum, value, column) => sum + value * (matrix.data[row * vector.length + column] as number), 0);
}
