import type { StateDict, Tensor } from "lstm-wasm";
import type { CellName } from "./story.js";

/** The gates of each cell by PyTorch's order of rows, without the GRU's candidate n. */
const ROWS: Record<CellName, readonly string[]> = { lstm: ["i", "f", "g", "o"], gru: ["r", "z"], rnn: ["h"] };

type Values = Float32Array;

/** What the sigmoid or tanh of each gate gets, by the name `a_GATE`. */
export type PreActivations = (
  x: Values,
  h0: Values,
  traced: Readonly<Record<string, Values>>,
) => Record<string, Float64Array>;

/**
 * The pre-activations of one direction of one layer: W_ih x + b_ih + W_hh h + b_hh, summed in float64 from the weights and
 * from the traced x and h. (The inverse of the sigmoid would tell them badly: near 0 and 1 many of them give the same gate.)
 *
 * @param dict the layer's parameters, by their names without prefix
 * @param suffix `_l0` or `_l0_reverse`
 */
export function preActivations(cell: CellName, dict: StateDict, suffix: string): PreActivations {
  const of = (name: string) => dict[`${name}${suffix}`] as Tensor;
  const input = affine(of("weight_ih"), of("bias_ih"));
  const recurrent = affine(of("weight_hh"), of("bias_hh"));
  return (x, h0, traced) => {
    const [fromX, fromH] = [input(x), recurrent(h0)];
    const units = h0.length;
    const rows = (gate: number, other: ArrayLike<number>): Float64Array =>
      Float64Array.from(
        { length: units },
        (_, unit) => (fromX[gate * units + unit] as number) + (other[unit] as number),
      );
    const gates = ROWS[cell].map((name, gate) => [`a_${name}`, rows(gate, fromH.subarray(gate * units))] as const);
    const sums = Object.fromEntries(gates);
    // The reset gate multiplies the state's part of n, bias included: this product is in the trace.
    return cell === "gru" ? { ...sums, a_n: rows(2, traced.reset as Values) } : sums;
  };
}

/** weight v + bias in float64. */
function affine({ data, shape }: Tensor, bias: Tensor): (v: Values) => Float64Array {
  const [rows, columns] = shape as [number, number];
  return (v) =>
    Float64Array.from({ length: rows }, (_, row) =>
      v.reduce((sum: number, value, k) => sum + (data[row * columns + k] as number) * value, bias.data[row] as number),
    );
}
