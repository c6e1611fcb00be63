import type { GRU, LSTM, RNN, Tensor } from "lstm-wasm";
import type { LayerOptions } from "../../../../ts/cli/layers.js";
import type { en } from "./en.js";
import type { Fault } from "./problem.js";

export type Tensors = Readonly<Record<string, Tensor>>;
export type Module = LSTM | GRU | RNN;
export type Nonlinearity = "tanh" | "relu";

/** A remark on a file or a layer; the words are in `en.ts` and `zh.ts`, and mention `value`. */
export interface Note {
  readonly name: keyof typeof en.notes;
  readonly value?: string;
}

export interface Shape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What the page shows of a recurrent layer. */
export interface LayerFacts {
  /** The file's own name for it; in a state dict the prefix of its tensors' names, which may be empty. */
  readonly name: string;
  readonly kind: "LSTM" | "GRU" | "RNN";
  /** Whether it was a cell (`LSTMCell`), whose names have no `_l0`. */
  readonly cell: boolean;
  readonly options: LayerOptions;
  readonly parameters: readonly Shape[];
  /** Whether the file leaves open if an RNN uses tanh or relu. */
  readonly openNonlinearity: boolean;
  readonly notes: readonly Note[];
}

/** A recurrent layer, in the worker. */
export interface Layer extends LayerFacts {
  /** By PyTorch's names, without a prefix. */
  readonly stateDict: Tensors;
  /** Whether the model hands it each sequence from the last step to the first. */
  readonly backwards: boolean;
  /** Where the model starts, (layers * directions, 1, hidden) each; undefined stands for zeros. */
  readonly state: { readonly h: Tensor; readonly c?: Tensor } | undefined;
  /** @param nonlinearity of an RNN whose file leaves it open */
  create(nonlinearity: Nonlinearity): Module;
}

/** What a reader makes of the bytes. */
export interface Model {
  readonly format: keyof typeof en.formats;
  readonly layers: readonly Layer[];
  /** Layers whose parameters do not make one of the package's modules, and why. */
  readonly refused: readonly { readonly name: string; readonly why: Fault }[];
  /** All tensors that were read, by PyTorch's names. */
  readonly tensors: Tensors;
  readonly notes: readonly Note[];
}

/** What is to say of a layer whose weights are integers, and stay so. */
export function integersNote({ weight_ih_l0 }: Tensors): Note[] {
  const kind = weight_ih_l0?.quantization?.weights;
  return kind === undefined ? [] : [{ name: "integers", value: kind }];
}

export const shapesOf = (tensors: Tensors): Shape[] =>
  Object.entries(tensors).map(([name, { shape }]) => ({ name, shape: [...shape] }));
