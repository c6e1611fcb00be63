/** A model file as every command sees it, whatever its kind. */
import type { GRU, LSTM, RNN, Tensor } from "lstm-wasm";
import type { Arguments } from "./command.js";
import { nameFile, readBytes } from "./files.js";
import { ENDINGS, type Kind, kindOf } from "./kind.js";
import type { LayerOptions, Tensors } from "./layers.js";
import { Complaint, isForPeople } from "./terminal.js";

/** A recurrent layer of a file. */
export interface Layer {
  /** What `--layer` or `--prefix` says: in a state dict the prefix of its names, else the file's own name for it. */
  readonly name: string;
  readonly kind: "LSTM" | "GRU" | "RNN";
  /** Whether it was a cell, which reads one step at a time. */
  readonly cell?: boolean;
  readonly options: LayerOptions;
  /** By PyTorch's names, without a prefix. */
  readonly stateDict: Readonly<Tensors>;
  /** What stands before these names in the file's `tensors`. */
  readonly prefix: string;
  /** Whether it reads each sequence from its end; `"outputs too"` says that its outputs come in that order. */
  readonly backwards: false | "inputs" | "outputs too";
  /** The state that it starts from, if the file has one: (layers * directions, batch, hidden) each. */
  readonly state?: { readonly h: Tensor; readonly c?: Tensor } | undefined;
  /** What the options do not tell, in sentences. */
  readonly notes: readonly string[];
  create(): LSTM | GRU | RNN;
}

/** A recurrent layer that cannot be used, and why. */
export interface Refused {
  readonly name: string;
  readonly why: string;
}

export interface ModelFile {
  /** What kind of file it is, for people. */
  readonly format: string;
  readonly layers: readonly Layer[];
  readonly refused: readonly Refused[];
  /** All parameters that were read, by PyTorch's names. */
  readonly tensors: Readonly<Tensors>;
  /** What of the file is not among them, in a sentence. */
  readonly lost?: string;
  /** How the file stores them, where that is known: F16, say. */
  readonly dtypes?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Tensors of the file that are not read, and why. */
  readonly skipped: readonly string[];
  /** Whether its layers are told apart by prefixes. */
  readonly stateDict: boolean;
  readonly notes: readonly string[];
}

/** What the command line says of a file. */
export interface OpenOptions {
  readonly key: string | undefined;
  readonly batchFirst: boolean;
  readonly nonlinearity: "tanh" | "relu" | undefined;
}

export const openOptions = ({ values, flags }: Arguments): OpenOptions => ({
  key: values.key,
  batchFirst: flags.has("batch-first"),
  nonlinearity: values.nonlinearity as OpenOptions["nonlinearity"],
});

type Reader = (bytes: Uint8Array, options: OpenOptions, path: string) => Promise<ModelFile>;

const READERS: Readonly<Record<Kind, () => Promise<Reader>>> = {
  safetensors: async () => (await import("./formats/safetensors.js")).read,
  pytorch: async () => (await import("./formats/pytorch.js")).read,
  onnx: async () => (await import("./formats/onnx.js")).read,
  keras: async () => (await import("./formats/keras.js")).read,
  npy: async () => (await import("./formats/npy.js")).readOne,
  npz: async () => (await import("./formats/npy.js")).readArchive,
  json: async () => (await import("./formats/json.js")).read,
};

/** @throws Complaint, or the reader's LSTMError with the file's name before its message */
export async function openModel(path: string, options: OpenOptions): Promise<ModelFile> {
  const bytes = readBytes(path);
  if (bytes.length === 0) throw new Complaint(`${path}: the file is empty`);
  const told = kindOf(path, bytes);
  const kind = told ?? "safetensors"; // whose reader tells what else it looks like
  if (options.key !== undefined && kind !== "pytorch") throw untold("key", path);
  let file: ModelFile;
  try {
    const read = await READERS[kind]();
    file = await read(bytes, options, path);
  } catch (error) {
    throw nameFile(path, told === undefined ? ofNoKind(error) : error);
  }
  if (options.batchFirst && !file.stateDict) throw untold("batch-first", path);
  if (options.nonlinearity !== undefined && !file.stateDict) throw untold("nonlinearity", path);
  return file;
}

/** The reason with which the reader of safetensors refused a file that nothing calls one. */
function ofNoKind(error: unknown): unknown {
  if (!isForPeople(error)) return error;
  const [hint = ""] = /\. It looks like .*$/s.exec(error.message) ?? [];
  const known = ENDINGS.join(", ");
  error.message = `neither its first bytes nor its name tell a kind of model file that is read (${known})${hint}`;
  return error;
}

/** An option that would change nothing. */
function untold(option: "key" | "batch-first" | "nonlinearity", path: string): Complaint {
  const where = option === "key" ? ".pt files" : "state dicts, which do not tell it";
  return new Complaint(`--${option} is for ${where}; ${path} is another kind of file`, 2);
}

/** The layer that the command line names, or the only one. */
export function chooseLayer(path: string, file: ModelFile, { values }: Arguments): Layer {
  const { layer, prefix } = values;
  if (layer !== undefined && prefix !== undefined) throw new Complaint("give --layer or --prefix, not both", 2);
  if (prefix !== undefined && !file.stateDict)
    throw new Complaint(`--prefix is for state dicts, and ${path} has layers: say --layer NAME`, 2);
  const wanted = layer ?? prefix;
  const all = file.layers.map(({ name, kind }) => `${JSON.stringify(name)} (${kind})`).join(", ");
  const option = file.stateDict ? "--prefix" : "--layer";
  if (wanted === undefined) {
    const [only, second] = file.layers;
    if (only !== undefined && second === undefined) return only;
    if (only === undefined) throw none(path, file);
    throw new Complaint(`${path} has several layers: ${all}; choose one with ${option}`, 2);
  }
  const found = file.layers.find(({ name }) => name === wanted || name === `${wanted}.`);
  if (found !== undefined) return found;
  const refused = file.refused.find(({ name }) => name === wanted || name === `${wanted}.`);
  if (refused !== undefined) throw new Complaint(`${path}: ${refused.name}: ${refused.why}`);
  throw new Complaint(`${path} has no layer ${JSON.stringify(wanted)}; it has ${all || "none"}`, 2);
}

function none(path: string, { refused, format }: ModelFile): Complaint {
  const [first] = refused;
  if (first !== undefined) return new Complaint(`${path}: ${first.name}: ${first.why}`);
  return new Complaint(`${path}: it has no LSTM, GRU or RNN (${format})`);
}

/** The notes of layers, each once, with the names of those it is about. */
export function notesOf(layers: readonly Layer[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, notes } of layers)
    for (const note of notes) {
      const about = names.get(note) ?? [];
      names.set(note, about);
      if (name !== "") about.push(name);
    }
  return [...names].map(([note, about]) => {
    const more = about.length > 3 ? ` and ${about.length - 3} more` : "";
    return about.length === 0 ? note : `${about.slice(0, 3).join(", ")}${more}: ${note}`;
  });
}
