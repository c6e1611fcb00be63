import { GRU, LSTM, RNN } from "lstm-wasm";
import { type AudioLayer, load } from "lstm-wasm/audio";
import { type LayerOptions, prefixOf, together } from "../layers.js";
import type { Layer, ModelFile } from "../model.js";

export async function read(text: string): Promise<ModelFile> {
  const { format, layers, skip, gain, sampleRate } = load(text);
  const count = layers.filter(({ stateDict }) => Object.keys(stateDict).length > 0).length;
  const notes = [`the model is ${layers.map(({ name, kind }) => `${name} (${kind})`).join(", ")}`];
  if (gain !== 1) notes.push(`its output is multiplied by ${Number(gain.toPrecision(6))}`);
  if (skip) notes.push("its input is added to its output");
  if (sampleRate !== undefined) notes.push(`it was made for ${sampleRate} Hz`);
  return {
    format: `audio (${format})`,
    layers: layers.flatMap((layer) => asLayer(layer, prefixOf(layer.name, count))),
    refused: [],
    tensors: together(layers),
    skipped: [],
    stateDict: false,
    notes,
  };
}

const CLASSES = { LSTM, GRU, RNN };

function asLayer(layer: AudioLayer, prefix: string): Layer[] {
  const { name, kind, options, stateDict } = layer;
  if (kind !== "LSTM" && kind !== "GRU" && kind !== "RNN") return [];
  const state = kind === "LSTM" ? layer.state : undefined;
  const whole: LayerOptions = {
    numLayers: 1,
    bias: true,
    batchFirst: false,
    bidirectional: false,
    ...(options as Pick<LayerOptions, "inputSize" | "hiddenSize">),
  };
  const notes = state === undefined ? [] : ["the model has the state that it starts from"];
  const create = () => CLASSES[kind].fromStateDict(stateDict);
  return [{ name, kind, options: whole, stateDict, prefix, backwards: false, state, notes, create }];
}
