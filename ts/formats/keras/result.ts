/** What a Keras model comes to: its recurrent layers, and the model that runs. */
import { quote } from "../json-reader.js";
import { invalid, type LayerConfig, type ModelConfig } from "./config.js";
import { isRecurrent, type KerasLayer, maskAfter, readLayer } from "./layer.js";
import { KerasModel, planOf } from "./model.js";
import type { ArraysOf } from "./sources.js";

/** What `load` returns. */
export interface KerasFile {
  /** The LSTM, GRU and SimpleRNN layers, in the order of the file. */
  readonly layers: KerasLayer[];
  /** The whole model, made when it is first read, if all of its layers can run; else undefined. */
  readonly model: KerasModel | undefined;
  /** Which layer stands in the way of `model`, and why; undefined if none does. */
  readonly obstacle: string | undefined;
}

export function fileOf({ layers, branch }: ModelConfig, arraysOf: ArraysOf): KerasFile {
  let masked = false;
  const found = new Map<LayerConfig, KerasLayer>();
  for (const layer of layers) {
    if (isRecurrent(layer)) found.set(layer, readLayer(layer, arraysOf(layer), masked));
    masked = maskAfter(layer, masked);
  }
  if (found.size === 0) {
    const classes = [...new Set(layers.map(({ className }) => className))].slice(0, 20).join(", ");
    throw invalid(`it has no LSTM, GRU or SimpleRNN; its layers are ${classes || "none"}`);
  }
  const plan =
    branch === undefined
      ? planOf(layers, found, arraysOf)
      : `layer ${quote(branch)} does not read just the layer before it`;
  let model: KerasModel | undefined;
  return {
    layers: [...found.values()],
    get model() {
      if (typeof plan === "string") return undefined;
      model ??= new KerasModel(plan);
      return model;
    },
    obstacle: typeof plan === "string" ? plan : undefined,
  };
}
