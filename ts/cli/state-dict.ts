/** The LSTMs, GRUs and RNNs of a state dict, by the names and shapes of its tensors. */
import { GRU, LSTM, RNN } from "lstm-wasm";
import type { Layer, LayerOptions, ModelFile, OpenOptions, Refused, Tensors } from "./model.js";
import { isForPeople } from "./terminal.js";

/** A recurrent layer's parameter: the prefix, and its own name, of a cell without the layer's number. */
const PARAMETER = /^(.*\.|)((?:weight|bias)_(?:ih|hh|hr)(_l\d+(?:_reverse)?)?)$/s;

/** The prefix of a recurrent layer's parameter; undefined for any other tensor. */
export const prefixIn = (name: string): string | undefined => PARAMETER.exec(name)?.[1];

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

/** Parameters of one prefix. */
interface Candidate {
  readonly prefix: string;
  readonly cell: boolean;
  /** By the names that layers have: a cell's become those of layer 0. */
  readonly stateDict: Tensors;
}

function candidates(tensors: Tensors): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const [, prefix, own, layer] = PARAMETER.exec(name) ?? [];
    if (prefix === undefined || own === undefined) continue;
    const cell = layer === undefined;
    const key = `${cell} ${prefix}`; // one prefix may have both
    const candidate = found.get(key) ?? { prefix, cell, stateDict: Object.create(null) };
    found.set(key, candidate);
    candidate.stateDict[cell ? `${own}_l0` : own] = tensor;
  }
  return [...found.values()].filter(({ stateDict }) => stateDict.weight_hh_l0 !== undefined);
}

const CLASSES = { LSTM, GRU, RNN };

function layerOf({ prefix, cell, stateDict }: Candidate, options: OpenOptions): Layer {
  const [rows = 0, columns = 0] = stateDict.weight_hh_l0?.shape ?? [];
  const gates = rows / columns;
  const kind = gates === 3 ? "GRU" : gates === 1 && stateDict.weight_hr_l0 === undefined ? "RNN" : "LSTM";
  const { batchFirst, nonlinearity = "tanh" } = options;
  const create = () => {
    if (kind === "RNN") return RNN.fromStateDict(stateDict, { batchFirst, nonlinearity });
    return CLASSES[kind].fromStateDict(stateDict, { batchFirst });
  };
  const made = create(); // whose checks are the library's own
  const sizes = optionsOf(made);
  made.dispose();
  const notes =
    kind === "RNN" && options.nonlinearity === undefined
      ? ["a state dict does not tell the nonlinearity: tanh is taken, unless --nonlinearity says relu"]
      : [];
  return { name: prefix, kind, cell, options: sizes, stateDict, prefix, backwards: false, notes, create };
}

function optionsOf(module: LSTM | GRU | RNN): LayerOptions {
  const { inputSize, hiddenSize, numLayers, bias, batchFirst, bidirectional } = module;
  const own = "projSize" in module && module.projSize > 0 ? { projSize: module.projSize } : {};
  const relu = "nonlinearity" in module ? { nonlinearity: module.nonlinearity } : {};
  return { inputSize, hiddenSize, numLayers, bias, batchFirst, bidirectional, ...own, ...relu };
}
