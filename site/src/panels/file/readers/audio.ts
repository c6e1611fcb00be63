import { GRU, LSTM, RNN } from "lstm-wasm";
import { type AudioLayer, load } from "lstm-wasm/audio";
import { type LayerOptions, together } from "../../../../../ts/cli/layers.js";
import { type Layer, type Model, type Note, shapesOf } from "../model.js";

export function read(text: string): Model {
  const { layers, skip, gain, sampleRate } = load(text);
  const notes: Note[] = [
    { name: "audioLayers", value: layers.map(({ name, kind }) => `${name} (${kind})`).join(", ") },
    ...(gain === 1 ? [] : [{ name: "gain", value: `${Number(gain.toPrecision(6))}` } as const]),
    ...(skip ? [{ name: "skip" } as const] : []),
    ...(sampleRate === undefined ? [] : [{ name: "sampleRate", value: `${sampleRate}` } as const]),
  ];
  return { format: "audio", layers: layers.flatMap(asLayer), refused: [], tensors: together(layers), notes };
}

const CLASSES = { LSTM, GRU, RNN };

function asLayer(layer: AudioLayer): Layer[] {
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
  return [
    {
      name,
      kind,
      cell: false,
      options: whole,
      parameters: shapesOf(stateDict),
      openNonlinearity: false,
      notes: state === undefined ? [] : [{ name: "ownState" }],
      stateDict,
      backwards: false,
      state,
      create: () => CLASSES[kind].fromStateDict(stateDict),
    },
  ];
}
