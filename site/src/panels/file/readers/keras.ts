import { type KerasLayer, load, type TensorFlowJs } from "lstm-wasm/keras";
import { type LayerOptions, together } from "../../../../../ts/cli/layers.js";
import { type Layer, type Model, type Note, shapesOf, type Tensors } from "../model.js";

export async function read(source: Uint8Array | TensorFlowJs): Promise<Model> {
  const { layers, model, obstacle } = await load(source);
  const whole = model?.stateDict() as Tensors | undefined;
  model?.dispose();
  return {
    format: "modelJson" in source ? "tfjs" : source[0] === 0x50 ? "keras" : "hdf5",
    layers: layers.map(asLayer),
    refused: [],
    tensors: whole ?? together(layers),
    notes: obstacle === undefined ? [{ name: "runsWhole" }] : [{ name: "obstacle", value: obstacle }],
  };
}

function asLayer(layer: KerasLayer): Layer {
  const { name, kind, options, stateDict, attributes } = layer;
  const { returnSequences, goBackwards = false, stateful, mergeMode, maskZero, assumedActivations } = attributes;
  const notes: Note[] = [
    ...(goBackwards ? [{ name: "backwards" } as const] : []),
    ...(returnSequences === false ? [{ name: "lastStepOnly" } as const] : []),
    ...(mergeMode !== undefined && mergeMode !== "concat"
      ? [{ name: "mergeMode", value: String(mergeMode) } as const]
      : []),
    ...(maskZero ? [{ name: "masked" } as const] : []),
    ...(stateful ? [{ name: "stateful" } as const] : []),
    ...(assumedActivations ? [{ name: "assumedActivations" } as const] : []),
  ];
  return {
    name,
    kind,
    cell: false,
    options: options as LayerOptions,
    parameters: shapesOf(stateDict),
    openNonlinearity: false,
    notes,
    stateDict,
    backwards: goBackwards,
    state: undefined,
    create: () => layer.create({ flipped: goBackwards }),
  };
}
