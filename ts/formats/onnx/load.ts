/** The recurrent layers of an ONNX model. */
import { LSTMError } from "../../checks/errors.js";
import { mustBe } from "../../checks/must-be.js";
import type { GRUOptions, LSTMOptions, RNNOptions } from "../../checks/options.js";
import { checkBoolean, checkObject } from "../../checks/options.js";
import { suffixOf } from "../../recurrent/cells.js";
import type { GRU } from "../../recurrent/gru.js";
import type { LSTM } from "../../recurrent/lstm.js";
import type { RNN } from "../../recurrent/rnn.js";
import { Tensor } from "../../tensor/tensor.js";
import { asBytes, badFile } from "../bytes.js";
import { isObject } from "../json-objects.js";
import { quote } from "../json-reader.js";
import { Constants, concatenated } from "./constants.js";
import { CLASSES, type Initial, KINDS, type OnnxAttributes, type RecurrentNode, readLayer } from "./layer.js";
import { decode, invalid } from "./protobuf.js";
import { MODEL, type Model, type TensorMessage } from "./schema.js";
import { find } from "./scope.js";
import { isFloat } from "./tensor.js";
import { joined } from "./wiring.js";

/** Options of `load`. */
export interface LoadOptions {
  /**
   * The files beside the model that tensors of it lie in, by the names that the model has for them: `torch.onnx.export` of
   * PyTorch 2.15 writes `model.onnx` and `model.onnx.data`, which is then `{ "model.onnx.data": bytes }`.
   */
  externalData?: Readonly<Record<string, ArrayBufferLike | ArrayBufferView>> | undefined;
}

/** How `create` makes a module. */
export interface CreateOptions {
  /** Says that you flip the input and the output along time, as a layer of direction `"reverse"` needs it. */
  flipped?: boolean | undefined;
}

/** A layer of one kind. */
interface OnnxLayerOf<K extends string, Options, M> {
  /** The node's name, of joined nodes the first one's; in a body, after the path to it: `If_0/then_branch/LSTM_1`. */
  readonly name: string;
  /** The class. */
  readonly kind: K;
  /** The options of the class. */
  readonly options: Options;
  /** The parameters by PyTorch's names. */
  readonly stateDict: Record<string, Tensor>;
  /** What the options do not tell. */
  readonly attributes: OnnxAttributes;
  /**
   * The module, in eval mode.
   *
   * @throws LSTMError `OPTION` for a layer of direction `"reverse"` without `{ flipped: true }`; `OUT_OF_MEMORY`
   */
  create(options?: CreateOptions): M;
}

/** One LSTM, GRU or RNN of a model, perhaps of several layers. `kind` tells which. */
export type OnnxLayer =
  | OnnxLayerOf<"LSTM", LSTMOptions, LSTM>
  | OnnxLayerOf<"GRU", GRUOptions, GRU>
  | OnnxLayerOf<"RNN", RNNOptions, RNN>;

/** What `load` returns. */
export interface OnnxModel {
  /** The recurrent layers, in the order of the file. */
  readonly layers: OnnxLayer[];
  /** All floating-point tensors of the file by name, as float32: also those of other layers. */
  readonly tensors: Record<string, Tensor>;
}

/**
 * The LSTMs, GRUs and RNNs of an ONNX model, also those in bodies of If, Loop and Scan and in functions. Nodes that read
 * each other's output are one module of several layers. Nothing of the file is executed.
 *
 * @throws LSTMError `FILE` for bytes that are no ONNX model, for tensors in a file that is not given, for what PyTorch's
 *   modules have no equivalent for (the message names node and attribute), and for a model without such a node (the message
 *   says why); `OPTION`
 */
export function load(bytes: ArrayBufferLike | ArrayBufferView, options: LoadOptions = {}): OnnxModel {
  const { externalData = {} } = checkObject("load", options, ["externalData"]);
  const file = asBytes(bytes);
  const external = externalOf(externalData);
  const model = decode<Model>(file, MODEL);
  if (model.graph === undefined) throw invalid("it has no graph");
  let size = file.length;
  for (const { length } of external.values()) size += length;
  const constants = new Constants(size, external);
  const found = find(model, model.graph, KINDS);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const [name, value] of found.tensors) {
    const tensor = isFloat(value.tensor as TensorMessage) && constants.of(value);
    if (tensor) tensors[name] = tensor;
  }
  if (found.nodes.length === 0) throw none([...found.operators]);
  const layers = found.nodes.map((node) => readLayer(node, constants));
  return { layers: joined(layers, constants).map(asModule), tensors };
}

function externalOf(files: unknown): Map<string, Uint8Array> {
  if (!isObject(files)) throw mustBe("OPTION", "externalData", "an object of bytes by the files' names", files);
  return new Map(
    Object.entries(files).map(([name, bytes]) => [
      name,
      asBytes(bytes as ArrayBufferView, `externalData[${quote(name)}]`),
    ]),
  );
}

function none(operators: string[]) {
  // An array, because bundlers make one long line of texts that are added.
  const why = [
    ". If it has such a layer, its exporter wrote it out as products and activations, as PyTorch's does with an LSTMCell,",
    "an nn.RNN or a loop of your own. Export an nn.LSTM, nn.GRU or nn.RNN, or take the state dict instead of the ONNX file",
    '(load of "lstm-wasm/safetensors")',
  ];
  const names = operators.sort().slice(0, 20).map(quote).join(", ") || "none";
  const more = operators.length > 20 ? ", ..." : "";
  return badFile(`ONNX: the model has no LSTM, GRU or RNN node; its operators are ${names}${more}${why.join(" ")}`);
}

/** The module of these layers. */
function asModule(layers: readonly RecurrentNode[]): OnnxLayer {
  const [first] = layers as readonly [RecurrentNode];
  const { kind } = first;
  const bias = layers.some(({ options }) => options.bias);
  // A module has no weights of two kinds, and a tensor in a new shape no integers.
  const narrow = layers.every(({ parameters: [own] }) => own?.weight_ih?.quantization);
  const stateDict: Record<string, Tensor> = {};
  layers.forEach(({ parameters }, l) => {
    parameters.forEach((own, d) => {
      for (const [part, tensor] of Object.entries(own)) {
        if (bias || part.startsWith("weight"))
          stateDict[part + suffixOf(l, d)] = narrow ? tensor : tensor.reshape(tensor.shape);
      }
    });
  });
  const options = { ...first.options, numLayers: layers.length, bias };
  const all = layers.map(({ attributes }) => attributes);
  const attributes: OnnxAttributes = {
    ...first.attributes,
    nodes: all.flatMap(({ nodes }) => nodes),
    outputs: (all.at(-1) as OnnxAttributes).outputs,
    h0: initialOf(all.map(({ h0 }) => h0)),
    c0: initialOf(all.map(({ c0 }) => c0)),
  };
  const name = attributes.nodes[0] as string;
  const create = (given: CreateOptions = {}) => {
    checkFlipped(name, attributes.direction, given);
    const { inputSize, hiddenSize, numLayers, bias, bidirectional, ...untold } = options;
    return (CLASSES[kind] as typeof RNN).fromStateDict(stateDict, untold);
  };
  return { name, kind, options, stateDict, attributes, create } as OnnxLayer;
}

function checkFlipped(name: string, direction: string, options: CreateOptions): void {
  const { flipped = false } = checkObject("create", options, ["flipped"]);
  if (checkBoolean("flipped", flipped) === (direction === "reverse")) return;
  const why = flipped
    ? 'is not of direction "reverse"; leave flipped out'
    : "reads its sequence from the end. Flip the input along time and the output back, and say so with create({ flipped: true })";
  throw new LSTMError("OPTION", `create: the layer ${quote(name)} ${why}`);
}

/** The initial states of all layers as one. */
function initialOf(each: readonly Initial[]): Initial {
  const known = each.find((one) => typeof one === "object");
  if (known === undefined) return each.includes("computed") ? "computed" : "zeros";
  const states = each.map((one) => (one === "zeros" ? Tensor.zeros(known.shape) : one));
  return states.includes("computed") ? "computed" : (concatenated(states as Tensor[]) ?? "computed");
}
