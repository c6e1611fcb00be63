/** The LSTMs, GRUs and RNNs of a state dict, by the names and shapes of its tensors. */
import { GRU, LSTM, RNN } from "lstm-wasm";
import { type Candidate, candidates, optionsOf, type Tensors } from "./layers.js";
import type { Layer, ModelFile, OpenOptions, Refused } from "./model.js";
import { isForPeople } from "./terminal.js";

/** What a file of a state dict comes to. */
export function stateDictFile(
  format: string,
  tensors: Tensors,
  options: OpenOptions,
  more: Partial<ModelFile> = {},
): ModelFile {
  const layers: Layer[] = [];
  const refused: Refused[] = [];
  for (const found of candidates(tensors)) {
    try {
      layers.push(layerOf(found, options));
    } catch (error) {
      if (!isForPeople(error)) throw error;
      refused.push({ name: found.prefix, why: error.message });
    }
  }
  return { format, layers, refused, tensors, skipped: [], stateDict: true, notes: [], ...more };
}

const CLASSES = { LSTM, GRU, RNN };

function layerOf({ prefix, cell, kind, stateDict }: Candidate, options: OpenOptions): Layer {
  const { batchFirst, nonlinearity = "tanh" } = options;
  const create = () => {
    if (kind === "RNN") return RNN.fromStateDict(stateDict, { batchFirst, nonlinearity });
    return CLASSES[kind].fromStateDict(stateDict, { batchFirst });
  };
  const made = create(); // whose checks are the library's own
  const sizes = { ...optionsOf(made), ...("nonlinearity" in made && { nonlinearity: made.nonlinearity }) };
  made.dispose();
  const notes =
    kind === "RNN" && options.nonlinearity === undefined
      ? ["a state dict does not tell the nonlinearity: tanh is taken, unless --nonlinearity says relu"]
      : [];
  return { name: prefix, kind, cell, options: sizes, stateDict, prefix, backwards: false, notes, create };
}
