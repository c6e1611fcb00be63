/** The recurrent layers of model files, as the command line and the page (site/) find them: nothing here needs Node. */
import type { GRU, LSTM, RNN, Tensor } from "lstm-wasm";

export type Tensors = Record<string, Tensor>;

/** What the options of a recurrent layer are; `batchFirst` and `nonlinearity` are the user's word in a state dict. */
export interface LayerOptions {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  readonly projSize?: number;
  readonly nonlinearity?: "tanh" | "relu";
  /** What integers the weights are; float32 without. */
  readonly weights?: "int8" | "int16";
}

/** Those of a module, but for the nonlinearity, which a state dict does not tell. */
export function optionsOf(module: LSTM | GRU | RNN): LayerOptions {
  const { inputSize, hiddenSize, numLayers, bias, batchFirst, bidirectional } = module;
  const own = "projSize" in module && module.projSize > 0 ? { projSize: module.projSize } : {};
  const narrow = module.weights === "float32" ? {} : { weights: module.weights };
  return { inputSize, hiddenSize, numLayers, bias, batchFirst, bidirectional, ...own, ...narrow };
}

/** A recurrent layer's parameter: the prefix, and its own name, of a cell without the layer's number. */
const PARAMETER = /^(.*\.|)((?:weight|bias)_(?:ih|hh|hr)(_l\d+(?:_reverse)?)?)$/s;

/** The prefix of a recurrent layer's parameter; undefined for any other tensor. */
export const prefixIn = (name: string): string | undefined => PARAMETER.exec(name)?.[1];

/** Parameters of one prefix in a state dict. */
export interface Candidate {
  readonly prefix: string;
  readonly cell: boolean;
  /** By the shape of `weight_hh`. */
  readonly kind: "LSTM" | "GRU" | "RNN";
  /** By the names that layers have: a cell's become those of layer 0. */
  readonly stateDict: Tensors;
}

/** The recurrent layers of a state dict, by the names and shapes of its tensors. */
export function candidates(tensors: Readonly<Tensors>): Candidate[] {
  const found = new Map<string, Omit<Candidate, "kind">>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const [, prefix, own, layer] = PARAMETER.exec(name) ?? [];
    if (prefix === undefined || own === undefined) continue;
    const cell = layer === undefined;
    const key = `${cell} ${prefix}`; // one prefix may have both
    const candidate = found.get(key) ?? { prefix, cell, stateDict: Object.create(null) };
    found.set(key, candidate);
    candidate.stateDict[cell ? `${own}_l0` : own] = tensor;
  }
  return [...found.values()]
    .filter(({ stateDict }) => stateDict.weight_hh_l0 !== undefined)
    .map((candidate) => ({ ...candidate, kind: kindOf(candidate.stateDict) }));
}

function kindOf({ weight_hh_l0, weight_hr_l0 }: Tensors): Candidate["kind"] {
  const [rows = 0, columns = 0] = weight_hh_l0?.shape ?? [];
  const gates = rows / columns;
  return gates === 3 ? "GRU" : gates === 1 && weight_hr_l0 === undefined ? "RNN" : "LSTM";
}

/** The parameters of several layers as one dict; those of one alone keep their names. */
export function together(layers: readonly { readonly name: string; readonly stateDict: Readonly<Tensors> }[]): Tensors {
  const all: Tensors = Object.create(null); // a file may name a tensor __proto__
  const full = layers.filter(({ stateDict }) => Object.keys(stateDict).length > 0);
  for (const { name, stateDict } of full) {
    const prefix = prefixOf(name, full.length);
    for (const [part, tensor] of Object.entries(stateDict)) all[prefix + part] = tensor;
  }
  return all;
}

/** What stands before the names of a layer in `together`. */
export const prefixOf = (name: string, count: number): string => (count === 1 ? "" : `${name}.`);

/** What a file's first bytes, as text, say for certain that it is; undefined if they do not. */
export function signedKind(start: string): "safetensors" | "archive" | "keras" | undefined {
  // A header's length, below 100 MB, and the header. Asked first: the length's own first bytes may be those of another kind.
  if (start.slice(4, 9) === "\0\0\0\0{") return "safetensors";
  if (start.startsWith("PK")) return "archive";
  return start.startsWith("\x89HDF") ? "keras" : undefined;
}

/** What a zip archive is, by its last bytes as text: there stand the names of its entries. */
export function archiveKind(end: string): "pytorch" | "keras" | "npz" {
  if (end.includes("data.pkl") || end.includes("policy.pth")) return "pytorch";
  if (end.includes("config.json")) return "keras";
  return end.includes(".npy") ? "npz" : "pytorch"; // whose reader says what is missing
}
