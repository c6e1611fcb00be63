/** Keras's order of the gates and layout of the weights, and PyTorch's. RTNeural has Keras's. */
import { allocate, Tensor } from "../../tensor/tensor.js";

/** The class of a recurrent layer. */
export type Kind = "LSTM" | "GRU" | "RNN";

/** Keras's gates in PyTorch's order. An LSTM's are i, f, g, o in both; Keras's GRU has z, r, h for PyTorch's r, z, n. */
export const GATES: Readonly<Record<Kind, readonly number[]>> = { LSTM: [0, 1, 2, 3], GRU: [1, 0, 2], RNN: [0] };

/** A kernel (columns, gates * hidden) as a weight (gates * hidden, columns). */
export function transposed({ data, shape }: Tensor, gates: readonly number[]): Tensor {
  const [columns = 0, rows = 0] = shape;
  const hidden = rows / gates.length;
  const values = allocate([rows, columns]);
  gates.forEach((gate, g) => {
    for (let h = 0; h < hidden; h++) {
      for (let c = 0; c < columns; c++) {
        values[(g * hidden + h) * columns + c] = data[c * rows + gate * hidden + h] as number;
      }
    }
  });
  return new Tensor(values, [rows, columns]);
}

/** Row `row` of biases (rows, gates * hidden), or all of one bias. */
export function reordered({ data, shape }: Tensor, gates: readonly number[], row = 0): Tensor {
  const size = shape.at(-1) as number;
  const hidden = size / gates.length;
  const values = allocate([size]);
  gates.forEach((gate, g) => {
    const from = row * size + gate * hidden;
    values.set(data.subarray(from, from + hidden), g * hidden);
  });
  return new Tensor(values, [size]);
}
