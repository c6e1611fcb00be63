/** The LSTMs, GRUs and RNNs of a state dict, by the names and shapes of its tensors. */
import { GRU, LSTM, RNN } from "lstm-wasm";
import type { Layer, LayerOptions, ModelFile, OpenOptions, Refused, Tensors } from "./model.js";
import { isForPeople } from "./terminal.js";

const FIRST = /^(.*\.|)weight_hh(_l0)?$/s;
/** A recurrent layer's own names, of a cell without the layer's number. */
export const PARAMETER = /^(?:weight|bias)_(?:ih|hh|hr)(?:_l\d+(?:_reverse)?)?$/;

/** What a file of a state dict comes to. */
export function stateDictFile(
  format: string,
  tensors: Tensors,
  options: OpenOptions,
  more: Partial<ModelFile> = {},
): ModelFile {
  const layers: Layer[] = [];
  const refused: Refused[] = [];
  for (const name of Object.keys(tensors)) {
    const [, prefix, layer] = FIRST.exec(name) ?? [];
    if (prefix === undefined) continue;
    try {
      layers.push(layerUnder(tensors, prefix, layer === undefined, options));
    } catch (error) {
      if (!isForPeople(error)) throw error;
      refused.push({ name: prefix, why: error.message });
    }
  }
  return { format, layers, refused, tensors, skipped: [], stateDict: true, notes: [], ...more };
}

const CLASSES = { LSTM, GRU, RNN };

function layerUnder(tensors: Tensors, prefix: string, cell: boolean, options: OpenOptions): Layer {
  const stateDict: Tensors = Object.create(null);
  for (const [name, tensor] of Object.entries(tensors)) {
    const own = name.startsWith(prefix) ? name.slice(prefix.length) : "";
    if (PARAMETER.test(own) && /_l\d/.test(own) !== cell) stateDict[cell ? `${own}_l0` : own] = tensor;
  }
  const [rows = 0, columns = 0] = stateDict.weight_hh_l0?.shape ?? [];
  const gates = rows / columns;
  const kind = gates === 3 ? "GRU" : gates === 1 && stateDict.weight_hr_l0 === undefined ? "RNN" : "LSTM";
  const { batchFirst, nonlinearity = "tanh" } = options;
  const create = () => {
    if (kind === "RNN") return RNN.fromStateDict(stateDict, { batchFirst, nonlinearity });
    return CLASSES[kind].fromStateDict(stateDict, { batchFirst });
  };
  const made = create(); // its checks are the library's own
  const sizes = optionsOf(made);
  made.dispose();
  const notes = cell ? [`it is an ${kind}Cell, which reads one step at a time`] : [];
  if (kind === "RNN" && options.nonlinearity === undefined)
    notes.push("a state dict does not tell the nonlinearity: tanh is taken, unless --nonlinearity says relu");
  return { name: prefix, kind, options: sizes, stateDict, prefix, backwards: false, notes, create };
}

function optionsOf(module: LSTM | GRU | RNN): LayerOptions {
  const { inputSize, hiddenSize, numLayers, bias, batchFirst, bidirectional } = module;
  const own = "projSize" in module && module.projSize > 0 ? { projSize: module.projSize } : {};
  const relu = "nonlinearity" in module ? { nonlinearity: module.nonlinearity } : {};
  return { inputSize, hiddenSize, numLayers, bias, batchFirst, bidirectional, ...own, ...relu };
}
