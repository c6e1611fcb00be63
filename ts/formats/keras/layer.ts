/** One recurrent layer of Keras, or two in a Bidirectional: what PyTorch's module would hold. */
import { describe } from "../../checks/describe.js";
import { LSTMError } from "../../checks/errors.js";
import { checkBoolean, checkObject, type GRUOptions, type LSTMOptions, type RNNOptions } from "../../checks/options.js";
import { GRU } from "../../recurrent/gru.js";
import { LSTM } from "../../recurrent/lstm.js";
import { RNN } from "../../recurrent/rnn.js";
import type { Tensor } from "../../tensor/tensor.js";
import { isObject, type JsonObject, ownValue } from "../json-objects.js";
import { quote } from "../json-reader.js";
import { toTorch } from "./arrays.js";
import { invalid, type LayerConfig, layerOf } from "./config.js";
import type { Kind } from "./gates.js";

/** How `create` makes a module. */
export interface CreateOptions {
  /** Says that you flip the input along time, as a layer with `goBackwards` needs it. */
  flipped?: boolean | undefined;
}

/** What Keras says of a layer beyond the options of its module; undefined where a file of weights alone does not tell. */
export interface KerasAttributes {
  /** Whether the layer gives its output at all steps, or only the last one. */
  readonly returnSequences: boolean | undefined;
  /** Whether it reads the sequence from its end, and gives its outputs in that order. The module does not: flip its input. */
  readonly goBackwards: boolean | undefined;
  /** Whether its last state is where the next call starts. */
  readonly stateful: boolean | undefined;
  /** How the outputs of a Bidirectional become one; the module's are concatenated. Undefined for one direction. */
  readonly mergeMode: "concat" | "sum" | "mul" | "ave" | null | undefined;
  /** Whether a mask reaches it, of an Embedding with `mask_zero` or of a Masking: leave these steps out, packed say. */
  readonly maskZero: boolean | undefined;
  /** Whether outputs at masked steps are zeros rather than the last output again. */
  readonly zeroOutputForMask: boolean;
  /** Whether the activations were taken to be tanh and sigmoid, since a file of weights alone does not name them. */
  readonly assumedActivations: boolean;
}

/** What layers of every kind have. */
interface KerasLayerOf<K extends Kind, Options, M> {
  /** The layer's name. */
  readonly name: string;
  /** The class. */
  readonly kind: K;
  /** The options of the class. */
  readonly options: Options;
  /** The parameters by PyTorch's names. */
  readonly stateDict: Record<string, Tensor>;
  /** What the options do not tell. */
  readonly attributes: KerasAttributes;
  /** The module, in eval mode. @throws LSTMError `OPTION` for a layer with `goBackwards`, without `{ flipped: true }` */
  create(options?: CreateOptions): M;
}

/** One LSTM, GRU or SimpleRNN of a model, in one or both directions. `kind` tells which. */
export type KerasLayer =
  | KerasLayerOf<"LSTM", LSTMOptions, LSTM>
  | KerasLayerOf<"GRU", GRUOptions, GRU>
  | KerasLayerOf<"RNN", RNNOptions, RNN>;

const KINDS: Readonly<Record<string, Kind>> = {
  LSTM: "LSTM",
  CuDNNLSTM: "LSTM",
  GRU: "GRU",
  CuDNNGRU: "GRU",
  SimpleRNN: "RNN",
};
const kindNamed = (className: string): Kind | undefined =>
  Object.hasOwn(KINDS, className) ? KINDS[className] : undefined;

/** Whether a layer is a recurrent one, or a Bidirectional. */
export const isRecurrent = ({ className }: LayerConfig): boolean =>
  className === "Bidirectional" || kindNamed(className) !== undefined;

/** @param arrays kernel, recurrent kernel and bias, if there is one; of a Bidirectional those of both directions */
export function readLayer(layer: LayerConfig, arrays: readonly Tensor[], masked: boolean): KerasLayer {
  const refuse = (why: string) => invalid(`layer ${quote(layer.name)} (${layer.className}) ${why}`);
  const both = layer.className === "Bidirectional";
  const inner = both ? layerOf(ownValue(layer.config, "layer"), `the layer in ${quote(layer.name)}`) : layer;
  const kind = kindNamed(inner.className);
  if (kind === undefined) throw refuse(`has a ${inner.className} in it; LSTM, GRU and SimpleRNN are read`);
  const nonlinearity = checkActivations(kind, inner, refuse);
  const flag = (name: string) => ownValue(inner.config, name) === true;
  if (flag("time_major")) throw refuse("has time_major: true, which is not read");
  if (both) checkBackward(layer, inner, refuse);
  const mergeMode = both ? ownValue(layer.config, "merge_mode") : undefined;
  if (both && !["concat", "sum", "mul", "ave", null].includes(mergeMode as string)) {
    throw refuse(`has merge_mode ${describe(mergeMode)}`);
  }
  const returnSequences = flag("return_sequences");
  return makeLayer(layer.name, kind, both, arrays, refuse, nonlinearity, {
    returnSequences,
    goBackwards: flag("go_backwards"),
    stateful: flag("stateful"),
    mergeMode: mergeMode as KerasAttributes["mergeMode"],
    maskZero: masked,
    zeroOutputForMask: both ? returnSequences : flag("zero_output_for_mask"), // a Bidirectional sets it for both directions
    assumedActivations: false,
  });
}

type Refuse = (why: string) => LSTMError;

function checkActivations(kind: Kind, { className, config }: LayerConfig, refuse: Refuse): "tanh" | "relu" {
  if (
    ownValue(config, "reset_after") === false ||
    (kind === "GRU" && ownValue(config, "reset_after") === undefined && className === "GRU")
  ) {
    throw refuse(
      "multiplies by the reset gate before the recurrent product (reset_after=False), which PyTorch's nn.GRU does not",
    );
  }
  const used = nameOf(ownValue(config, "activation") ?? "tanh");
  if (used !== "tanh" && !(kind === "RNN" && used === "relu")) {
    throw refuse(`has the activation ${quote(used)}, which PyTorch's nn.${kind} does not have`);
  }
  const gate = nameOf(ownValue(config, "recurrent_activation") ?? "sigmoid");
  if (kind !== "RNN" && gate !== "sigmoid") {
    throw refuse(`has the recurrent_activation ${quote(gate)}; PyTorch's nn.${kind} has sigmoid`);
  }
  return used;
}

/** Of an activation, which may be its name or an object with a class name. */
export const nameOf = (value: unknown): string =>
  typeof value === "string"
    ? value
    : isObject(value)
      ? String(ownValue(value, "class_name")).toLowerCase()
      : describe(value);

/** A backward layer of its own must be as the forward one, since nn.LSTM's directions are. */
function checkBackward({ config }: LayerConfig, forward: LayerConfig, refuse: Refuse): void {
  if (ownValue(forward.config, "go_backwards") === true)
    throw refuse("has a forward layer that goes backwards, which is not read");
  const given = ownValue(config, "backward_layer");
  if (!isObject(given)) return;
  const backward = layerOf(given, "backward_layer");
  for (const name of ["units", "activation", "recurrent_activation", "use_bias", "reset_after"]) {
    const [one, other] = [ownValue(forward.config, name), ownValue(backward.config, name)].map((value) =>
      JSON.stringify(value),
    );
    if (one !== other || backward.className !== forward.className) {
      throw refuse(
        `has a backward layer of other ${backward.className === forward.className ? name : "class"} than its forward layer`,
      );
    }
  }
}

/** The layer with these arrays, whose shapes are checked. */
export function makeLayer(
  name: string,
  kind: Kind,
  both: boolean,
  arrays: readonly Tensor[],
  refuse: Refuse,
  nonlinearity: "tanh" | "relu",
  attributes: KerasAttributes,
): KerasLayer {
  const count = both ? arrays.length / 2 : arrays.length;
  if (count !== 2 && count !== 3) {
    throw refuse(`has ${arrays.length} arrays; expected ${both ? "4 or 6" : "2 or 3"}: kernels, and biases`);
  }
  const stateDict: Record<string, Tensor> = {};
  for (let at = 0; at < arrays.length; at += count) {
    const [kernel, recurrent, bias] = arrays.slice(at, at + count) as [Tensor, Tensor, Tensor?];
    const suffix = at === 0 ? "_l0" : "_l0_reverse";
    for (const [part, tensor] of Object.entries(toTorch(kind, { kernel, recurrent, bias }, refuse))) {
      stateDict[part + suffix] = tensor;
      if (tensor.shape.join() !== stateDict[`${part}_l0`]?.shape.join()) throw refuse("has directions of two sizes");
    }
  }
  const options = {
    inputSize: stateDict.weight_ih_l0?.shape[1] as number,
    hiddenSize: stateDict.weight_hh_l0?.shape[1] as number,
    numLayers: 1,
    bias: count === 3,
    batchFirst: true,
    bidirectional: both,
    ...(kind === "RNN" && { nonlinearity }),
  };
  const create = (given: CreateOptions = {}) => {
    const { flipped = false } = checkObject("create", given, ["flipped"]);
    if (checkBoolean("flipped", flipped) !== (attributes.goBackwards ?? false))
      throw flippedError(name, flipped as boolean);
    if (kind === "LSTM") return LSTM.fromStateDict(stateDict, { batchFirst: true });
    if (kind === "GRU") return GRU.fromStateDict(stateDict, { batchFirst: true });
    return RNN.fromStateDict(stateDict, { batchFirst: true, nonlinearity });
  };
  return { name, kind, options, stateDict, attributes, create } as KerasLayer;
}

function flippedError(name: string, flipped: boolean): LSTMError {
  const why = flipped
    ? "does not go backwards; leave flipped out"
    : "goes backwards (go_backwards=True): flip its input along time, and say so with create({ flipped: true })";
  return new LSTMError("OPTION", `create: the layer ${quote(name)} ${why}`);
}

/** Whether a layer puts a mask on what it gives, or its mask ends there. */
export function maskAfter({ className, config }: LayerConfig, before: boolean): boolean {
  if (className === "Masking") return true;
  if (className === "Embedding") return ownValue(config, "mask_zero") === true;
  const inner = ownValue(config, "layer");
  const ends = isRecurrent({ className } as LayerConfig);
  const source: JsonObject = className === "Bidirectional" && isObject(inner) ? layerOf(inner, "layer").config : config;
  return before && (!ends || ownValue(source, "return_sequences") === true);
}
