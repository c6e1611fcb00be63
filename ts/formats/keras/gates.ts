/** Keras's weights under PyTorch's names, with PyTorch's layout and order of the gates. */
import { shapeText } from "../../checks/describe.js";
import { allocate, Tensor } from "../../tensor/tensor.js";

/** The class of a recurrent layer. */
export type Kind = "LSTM" | "GRU" | "RNN";

/** Keras's gates in PyTorch's order. An LSTM's are i, f, g, o in both; Keras's GRU has z, r, h for PyTorch's r, z, n. */
export const GATES: Readonly<Record<Kind, readonly number[]>> = { LSTM: [0, 1, 2, 3], GRU: [1, 0, 2], RNN: [0] };

/** The arrays of one direction of one layer, as Keras has them. */
export interface KerasArrays {
  /** (input, gates * hidden) */
  readonly kernel: Tensor;
  /** (hidden, gates * hidden) */
  readonly recurrent: Tensor;
  /** (gates * hidden), of a GRU (2, 3 * hidden), of CuDNN's layers (2 * gates * hidden); undefined without biases. */
  readonly bias: Tensor | undefined;
}

/** One direction under PyTorch's names, without `_l0`. */
export type TorchArrays = Record<"weight_ih" | "weight_hh", Tensor> & Partial<Record<"bias_ih" | "bias_hh", Tensor>>;

/** @throws what `refuse` makes of a sentence about a shape */
export function toTorch(kind: Kind, arrays: KerasArrays, refuse: (why: string) => Error): TorchArrays {
  const { kernel, recurrent, bias } = arrays;
  const gates = GATES[kind];
  const hidden = recurrent.shape[0] ?? 0;
  const input = kernel.shape[0] ?? 0;
  const rows = gates.length * hidden;
  const check = (what: string, { shape }: Tensor, expected: readonly number[]) => {
    if (shape.join() === expected.join()) return;
    throw refuse(`has ${what} of shape ${shapeText(shape)}; expected ${shapeText(expected)}`);
  };
  if (rows === 0 || input === 0) throw refuse("has weights without values");
  check("a recurrent kernel", recurrent, [hidden, rows]);
  check("a kernel", kernel, [input, rows]);
  const cudnn = bias?.shape.length === 1 && bias.size === 2 * rows;
  const columns = cudnn ? blocks : transposed;
  const weights = {
    weight_ih: columns(kernel.data, gates, input, hidden),
    weight_hh: columns(recurrent.data, gates, hidden, hidden),
  };
  if (bias === undefined) return weights;
  const part = (at: number) => reordered(bias.data.subarray(at, at + rows), gates, hidden);
  if (cudnn) return { ...weights, bias_ih: part(0), bias_hh: part(rows) };
  if (kind === "GRU") {
    if (bias.shape.join() === `${rows}`) {
      throw refuse(
        "multiplies by the reset gate before the recurrent product (reset_after=False), which PyTorch's nn.GRU does not",
      );
    }
    check("biases", bias, [2, rows]);
    return { ...weights, bias_ih: part(0), bias_hh: part(rows) };
  }
  check("a bias", bias, [rows]);
  return { ...weights, bias_ih: part(0), bias_hh: Tensor.zeros([rows]) };
}

/** (columns, gates * hidden) to (gates * hidden, columns). */
function transposed(source: Float32Array, gates: readonly number[], columns: number, hidden: number): Tensor {
  const rows = gates.length * hidden;
  const shape = [rows, columns];
  const values = allocate(shape);
  gates.forEach((gate, g) => {
    for (let h = 0; h < hidden; h++) {
      for (let c = 0; c < columns; c++) {
        values[(g * hidden + h) * columns + c] = source[c * rows + gate * hidden + h] as number;
      }
    }
  });
  return new Tensor(values, shape);
}

/**
 * CuDNN's kernels: each gate's columns of (columns, gates * hidden), read row by row, are a matrix (hidden, columns) in
 * PyTorch's layout, whatever their shape says.
 */
function blocks(source: Float32Array, gates: readonly number[], columns: number, hidden: number): Tensor {
  const rows = gates.length * hidden;
  const shape = [rows, columns];
  const values = allocate(shape);
  gates.forEach((gate, g) => {
    for (let c = 0; c < columns; c++) {
      const from = c * rows + gate * hidden;
      values.set(source.subarray(from, from + hidden), g * hidden * columns + c * hidden);
    }
  });
  return new Tensor(values, shape);
}

function reordered(source: Float32Array, gates: readonly number[], hidden: number): Tensor {
  const values = allocate([source.length]);
  gates.forEach((gate, g) => values.set(source.subarray(gate * hidden, (gate + 1) * hidden), g * hidden));
  return new Tensor(values, [source.length]);
}

/** A Dense layer's kernel (in, out) as a Linear's weight (out, in). */
export function transpose({ data, shape }: Tensor): Tensor {
  const [rows = 0, columns = 0] = shape;
  return transposed(data, [0], rows, columns);
}
