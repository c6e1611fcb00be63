/** Which arrays belong to which layer, by their names. */
import type { Tensor } from "../../tensor/tensor.js";
import type { LayerConfig } from "./config.js";
import type { NamedArray } from "./tfjs.js";

/** The arrays of a layer in Keras's order: kernel, recurrent kernel, bias; of a Bidirectional those of both directions. */
export type ArraysOf = (layer: LayerConfig) => Tensor[];

/** The last part of the names of the arrays that count; others are of optimisers and random seeds. */
export const PARAMETER = /(^|\/)(kernel|recurrent_kernel|bias|embeddings)(:0)?$/;

/** By names such as `lstm/lstm_cell/kernel:0`, of which a part is the layer's. */
export function byName(arrays: readonly NamedArray[]): ArraysOf {
  const layers = new Map<string, NamedArray[]>();
  for (const array of arrays) {
    if (!PARAMETER.test(array.name)) continue;
    for (const part of new Set(array.name.split("/").slice(0, -1))) {
      const list = layers.get(part);
      if (list === undefined) layers.set(part, [array]);
      else list.push(array);
    }
  }
  return ({ name }) => (layers.get(name) ?? []).map((array) => array.read());
}
