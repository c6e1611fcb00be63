import { type KerasLayer, load, type TensorFlowJs } from "lstm-wasm/keras";
import { type LayerOptions, prefixOf, type Tensors, together } from "../layers.js";
import type { Layer, ModelFile } from "../model.js";

export const read = (bytes: Uint8Array): Promise<ModelFile> =>
  readAs(bytes[0] === 0x50 ? "Keras" : "Keras (HDF5)", bytes);

export async function readAs(format: string, source: Uint8Array | TensorFlowJs): Promise<ModelFile> {
  const { layers, model, obstacle } = await load(source);
  const whole = model?.stateDict() as Tensors | undefined;
  model?.dispose();
  const count = whole === undefined ? layers.length : Object.keys(whole).some((name) => !name.includes(".")) ? 1 : 2;
  return {
    format,
    layers: layers.map((layer) => asLayer(layer, prefixOf(layer.name, count))),
    refused: [],
    tensors: whole ?? together(layers),
    skipped: [],
    stateDict: false,
    notes: obstacle === undefined ? ["all of the model can run (load of lstm-wasm/keras gives it)"] : [],
    ...(obstacle !== undefined && { lost: `only its recurrent layers are taken: ${obstacle}` }),
  };
}

function asLayer(layer: KerasLayer, prefix: string): Layer {
  const { name, kind, options, stateDict, attributes } = layer;
  const { returnSequences, goBackwards, stateful, mergeMode, maskZero, assumedActivations } = attributes;
  const notes: string[] = [];
  if (goBackwards)
    notes.push("it reads each sequence from its end, and gives its outputs in that order (go_backwards)");
  if (returnSequences === false) notes.push("in the model it gives the last step only (return_sequences=False)");
  if (mergeMode !== undefined && mergeMode !== "concat")
    notes.push(`in the model its directions become one by ${mergeMode ?? "None"}; here they stand side by side`);
  if (maskZero) notes.push("a mask reaches it, which is not taken into account here");
  if (stateful) notes.push("it goes on from the state of the call before (stateful)");
  if (assumedActivations) notes.push("a file of weights does not name the activations: tanh and sigmoid are taken");
  return {
    name,
    kind,
    options: options as LayerOptions,
    stateDict,
    prefix,
    backwards: goBackwards === true && "outputs too",
    notes,
    create: () => layer.create({ flipped: goBackwards ?? false }),
  };
}
