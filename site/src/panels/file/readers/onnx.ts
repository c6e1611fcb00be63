import { Tensor } from "lstm-wasm";
import { load, type OnnxLayer } from "lstm-wasm/onnx";
import { type LayerOptions, together } from "../../../../../ts/cli/layers.js";
import { integersNote, type Layer, type Model, type Note, shapesOf } from "../model.js";

/** @param beside the files that were given with the model: tensors may lie in them */
export function read(bytes: Uint8Array, beside: Readonly<Record<string, Uint8Array>>): Model {
  const { layers } = load(bytes, { externalData: beside });
  return {
    format: "onnx",
    layers: layers.map(asLayer),
    refused: [],
    tensors: together(layers),
    notes: [{ name: "onlyRecurrent" }],
  };
}

function asLayer(layer: OnnxLayer): Layer {
  const { name, kind, options, stateDict, attributes } = layer;
  const { direction, h0, c0, sequenceLens, quantized } = attributes;
  const backwards = direction === "reverse";
  const h = typeof h0 === "object" ? h0 : undefined;
  const c = typeof c0 === "object" ? c0 : undefined;
  const some = h ?? c;
  // The page reads one sequence, so it has no use for the states of a batch.
  const starts = some?.shape[1] === 1;
  const integers = integersNote(stateDict);
  const notes: Note[] = [
    ...(backwards ? [{ name: "backwards" } as const] : []),
    ...(h0 === "computed" || c0 === "computed" ? [{ name: "computedState" } as const] : []),
    ...(some ? [{ name: starts ? "ownState" : "batchState" } as const] : []),
    ...(sequenceLens ? [{ name: "sequenceLens" } as const] : []),
    ...(quantized && integers.length === 0 ? [{ name: "quantized" } as const] : integers),
  ];
  const zeros = some && Tensor.zeros(some.shape);
  return {
    name,
    kind,
    cell: false,
    options: options as LayerOptions,
    parameters: shapesOf(stateDict),
    openNonlinearity: false,
    notes,
    stateDict,
    backwards,
    state: starts && zeros ? { h: h ?? zeros, ...(kind === "LSTM" && { c: c ?? zeros }) } : undefined,
    create: () => layer.create({ flipped: backwards }),
  };
}
