/** The arrays of one direction of one of Keras's layers under PyTorch's names. */
import { shapeText } from "../../checks/describe.js";
import { allocate, Tensor } from "../../tensor/tensor.js";
import { GATES, type Kind, reordered, transposed } from "./gates.js";

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
  const weights = { weight_ih: columns(kernel, gates), weight_hh: columns(recurrent, gates) };
  if (bias === undefined) return weights;
  const halves = (both: Tensor) => ({ bias_ih: reordered(both, gates), bias_hh: reordered(both, gates, 1) });
  if (cudnn) return { ...weights, ...halves(new Tensor(bias.data, [2, rows])) };
  if (kind === "GRU") {
    if (bias.shape.join() === `${rows}`) {
      throw refuse(
        "multiplies by the reset gate before the recurrent product (reset_after=False), which PyTorch's nn.GRU does not",
      );
    }
    check("biases", bias, [2, rows]);
    return { ...weights, ...halves(bias) };
  }
  check("a bias", bias, [rows]);
  return { ...weights, bias_ih: reordered(bias, gates), bias_hh: Tensor.zeros([rows]) };
}

/**
 * CuDNN's kernels: each gate's columns of (columns, gates * hidden), read row by row, are a matrix (hidden, columns) in
 * PyTorch's layout, whatever their shape says.
 */
function blocks({ data, shape }: Tensor, gates: readonly number[]): Tensor {
  const [columns = 0, rows = 0] = shape;
  const hidden = rows / gates.length;
  const values = allocate([rows, columns]);
  gates.forEach((gate, g) => {
    for (let c = 0; c < columns; c++) {
      const from = c * rows + gate * hidden;
      values.set(data.subarray(from, from + hidden), g * hidden * columns + c * hidden);
    }
  });
  return new Tensor(values, [rows, columns]);
}
