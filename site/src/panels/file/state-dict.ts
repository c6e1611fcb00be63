/** The LSTMs, GRUs and RNNs of a state dict, found by the names and shapes of its tensors. */
import { GRU, LSTM, RNN } from "lstm-wasm";
import { type Candidate, candidates, optionsOf } from "../../../../ts/cli/layers.js";
import {
  integersNote,
  type Layer,
  type Model,
  type Module,
  type Nonlinearity,
  type Note,
  shapesOf,
  type Tensors,
} from "./model.js";
import { faultOf } from "./problem.js";

export function stateDictModel(format: Model["format"], tensors: Tensors, notes: readonly Note[] = []): Model {
  const layers: Layer[] = [];
  const refused: Model["refused"][number][] = [];
  for (const found of candidates(tensors)) {
    try {
      layers.push(layerOf(found));
    } catch (error) {
      if (!(error instanceof Error && error.name === "LSTMError")) throw error;
      refused.push({ name: found.prefix, why: faultOf(error) });
    }
  }
  return { format, layers, refused, tensors, notes };
}

function layerOf({ prefix, cell, kind, stateDict }: Candidate): Layer {
  const create = (nonlinearity: Nonlinearity): Module => {
    if (kind === "RNN") return RNN.fromStateDict(stateDict, { nonlinearity });
    return kind === "GRU" ? GRU.fromStateDict(stateDict) : LSTM.fromStateDict(stateDict);
  };
  const module = create("tanh"); // whose checks are the package's own
  const options = optionsOf(module);
  module.dispose();
  return {
    name: prefix.replace(/\.$/, ""),
    kind,
    cell,
    options,
    parameters: shapesOf(stateDict),
    openNonlinearity: kind === "RNN",
    notes: [...(kind === "RNN" ? [{ name: "openNonlinearity" } as const] : []), ...integersNote(stateDict)],
    stateDict,
    backwards: false,
    state: undefined,
    create,
  };
}
