/** The recurrent layers of an ONNX model. */
import { mustBe } from "../../checks/must-be.js";
import type { GRUOptions, LSTMOptions, RNNOptions } from "../../checks/options.js";
import { checkObject } from "../../checks/options.js";
import { suffixOf } from "../../recurrent/cells.js";
import type { GRU } from "../../recurrent/gru.js";
import type { LSTM } from "../../recurrent/lstm.js";
import type { RNN } from "../../recurrent/rnn.js";
import { Tensor } from "../../tensor/tensor.js";
import { asBytes, badFile } from "../bytes.js";
import { isObject } from "../json-objects.js";
import { quote } from "../json-reader.js";
import { concatenated, constantsOf } from "./constants.js";
import { ModelProto } from "./fields.js";
import { CELLS, type Initial, type OnnxAttributes, type RecurrentNode, readLayer } from "./layer.js";
import { invalid, Message } from "./protobuf.js";
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
  if (!isObject(externalData)) throw mustBe("OPTION", "externalData", "files by their names", externalData);
  const file = asBytes(bytes);
  let size = file.length;
  const external = new Map<string, Uint8Array>();
  for (const [name, data] of Object.entries(externalData)) {
    const bytes = asBytes(data as ArrayBufferView, `externalData[${quote(name)}]`);
    external.set(name, bytes);
    size += bytes.length;
  }
  const model = new Message(file);
  const graph = model.messages(ModelProto.graph).at(-1);
  if (graph === undefined) throw invalid("it has no graph");
  const constants = constantsOf(size, external);
  const found = find(model, graph);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const [name, value] of found.tensors) {
    const tensor = isFloat(value.tensor as Message) && constants.of(value);
    if (tensor) tensors[name] = tensor;
  }
  if (found.nodes.length === 0) {
    const operators = [...found.operators].sort().slice(0, 20).map(quote).join(", ");
    throw badFile(
      `ONNX: the model has no LSTM, GRU or RNN node; its operators include ${operators}. Its exporter may have written the layer out, as PyTorch's does with an LSTMCell, an nn.RNN or a loop: export an nn.LSTM or nn.GRU, or load the state dict`,
    );
  }
  const layers = found.nodes.map((node) => readLayer(node, constants));
  return { layers: joined(layers, constants).map(asModule), tensors };
}

/** The module of these layers. */
function asModule(layers: readonly RecurrentNode[]): OnnxLayer {
  const [first] = layers as readonly [RecurrentNode];
  const { kind } = first;
  const bias = layers.some(({ bias }) => bias);
  // A module has no weights of two kinds, and a tensor in a new shape no integers.
  const narrow = layers.every(({ parameters: [own] }) => own?.weight_ih?.quantization);
  const stateDict: Record<string, Tensor> = {};
  for (const [l, { parameters }] of layers.entries()) {
    for (const [d, own] of parameters.entries()) {
      for (const [part, tensor] of Object.entries(own)) {
        if (bias || part.startsWith("weight"))
          stateDict[part + suffixOf(l, d)] = narrow ? tensor : tensor.reshape(tensor.shape);
      }
    }
  }
  const options = { ...first.options, numLayers: layers.length, bias };
  const all = layers.map(({ attributes }) => attributes);
  const attributes: OnnxAttributes = {
    ...first.attributes,
    nodes: all.flatMap(({ nodes }) => nodes),
    outputs: (all.at(-1) as OnnxAttributes).outputs,
    h0: initialOf(all.map(({ h0 }) => h0)),
    c0: initialOf(all.map(({ c0 }) => c0)),
  };
  const [name] = attributes.nodes as [string];
  const { direction } = attributes;
  const create = (given: CreateOptions = {}) => {
    const { flipped = false } = checkObject("create", given, ["flipped"]);
    const reverse = direction === "reverse";
    if (flipped !== reverse) {
      const layer = `the layer ${quote(name)} of direction ${quote(direction)}`;
      throw mustBe(
        "OPTION",
        "flipped",
        `${reverse} for ${layer} (true: you flip input and output along time)`,
        flipped,
      );
    }
    return (CELLS[kind].Class as typeof RNN).fromStateDict(stateDict, first.untold);
  };
  return { name, kind, options, stateDict, attributes, create } as OnnxLayer;
}

/** The initial states of all layers as one. */
function initialOf(each: readonly Initial[]): Initial {
  if (each.includes("computed")) return "computed";
  const known = each.find((one) => one !== "zeros") as Tensor | undefined;
  if (known === undefined) return "zeros";
  return concatenated(each.map((one) => (one === "zeros" ? Tensor.zeros(known.shape) : (one as Tensor)))) ?? "computed";
}
