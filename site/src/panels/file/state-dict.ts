/** The LSTMs, GRUs and RNNs of a state dict, found by the names and shapes of its tensors. */
import { GRU, LSTM, RNN, type Tensor } from "lstm-wasm";
import { type Layer, type Model, type Module, type Nonlinearity, type Note, shapesOf, type Tensors } from "./model.js";

/** A recurrent layer's parameter: the prefix, and its own name, of a cell without the number of the layer. */
const PARAMETER = /^(.*\.|)((?:weight|bias)_(?:ih|hh|hr)(_l\d+(?:_reverse)?)?)$/s;

export function stateDictModel(format: Model["format"], tensors: Tensors, notes: readonly Note[] = []): Model {
  const layers: Layer[] = [];
  const refused: Model["refused"][number][] = [];
  for (const found of candidates(tensors)) {
    try {
      layers.push(layerOf(found));
    } catch (error) {
      if (!(error instanceof Error && error.name === "LSTMError")) throw error;
      refused.push({ name: found.prefix, why: error.message });
    }
  }
  return { format, layers, refused, tensors, notes };
}

/** The parameters under one prefix. */
interface Candidate {
  readonly prefix: string;
  readonly cell: boolean;
  /** By the names that layers have: a cell's become those of layer 0. */
  readonly stateDict: Record<string, Tensor>;
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

function layerOf({ prefix, cell, stateDict }: Candidate): Layer {
  const [rows = 0, columns = 0] = stateDict.weight_hh_l0?.shape ?? [];
  const gates = rows / columns;
  const kind = gates === 3 ? "GRU" : gates === 1 && stateDict.weight_hr_l0 === undefined ? "RNN" : "LSTM";
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
    notes: kind === "RNN" ? [{ name: "openNonlinearity" }] : [],
    stateDict,
    backwards: false,
    state: undefined,
    create,
  };
}

function optionsOf(module: Module): Layer["options"] {
  const { inputSize, hiddenSize, numLayers, bias, batchFirst, bidirectional } = module;
  const own = "projSize" in module && module.projSize > 0 ? { projSize: module.projSize } : {};
  return { inputSize, hiddenSize, numLayers, bias, batchFirst, bidirectional, ...own };
}
