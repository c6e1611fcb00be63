import { type Cell, GATES } from "../cases.js";

/** The rows of PyTorch's matrices, gate for gate from above. */
const TORCH: Readonly<Record<Cell, string>> = { LSTM: "ifgo", GRU: "rzn", RNN: "h", "RNN relu": "h" };

/** The gates of `rows`, which has them one below the other as PyTorch does, in the order of another library. */
export function reordered(rows: Float32Array, cell: Cell, order: string): Float32Array {
  const size = rows.length / GATES[cell];
  const result = new Float32Array(rows.length);
  [...order].forEach((gate, place) => {
    const from = TORCH[cell].indexOf(gate) * size;
    result.set(rows.subarray(from, from + size), place * size);
  });
  return result;
}

/** The way back from `reordered`. */
export function torchOrder(rows: Float32Array, cell: Cell, order: string): Float32Array {
  const size = rows.length / GATES[cell];
  const result = new Float32Array(rows.length);
  [...order].forEach((gate, place) => {
    result.set(rows.subarray(place * size, (place + 1) * size), TORCH[cell].indexOf(gate) * size);
  });
  return result;
}

/** One direction's parameters in one layer, out of PyTorch's state dict. */
export function parametersOf(weights: Readonly<Record<string, Float32Array>>, layer: number, direction: number) {
  const get = (name: string) => weights[nameOf(name, layer, direction)] as Float32Array;
  return {
    weightIh: get("weight_ih"),
    weightHh: get("weight_hh"),
    biasIh: get("bias_ih"),
    biasHh: get("bias_hh"),
  };
}

/** `weight_ih_l1_reverse` */
export function nameOf(parameter: string, layer: number, direction: number): string {
  return `${parameter}_l${layer}${direction === 1 ? "_reverse" : ""}`;
}
