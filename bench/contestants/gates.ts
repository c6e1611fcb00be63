/**
 * The gates in another library's order: `rows` are PyTorch's i, f, g, o one below the other, each of the same size; the
 * result has them as `order` says.
 */
export function reordered(rows: Float32Array, order: string): Float32Array {
  const size = rows.length / 4;
  const result = new Float32Array(rows.length);
  [...order].forEach((gate, place) => {
    const from = "ifgo".indexOf(gate) * size;
    result.set(rows.subarray(from, from + size), place * size);
  });
  return result;
}

/** One direction's parameters in one layer, out of `nn.LSTM`'s state dict. */
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
