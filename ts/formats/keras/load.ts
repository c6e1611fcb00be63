/** Keras models: which of the formats it is, its recurrent layers, and the model that runs. */
import { strFromU8 } from "fflate";
import { describe } from "../../checks/describe.js";
import { LSTMError } from "../../checks/errors.js";
import { mustBe } from "../../checks/must-be.js";
import { checkObject } from "../../checks/options.js";
import { asBytes } from "../bytes.js";
import { isObject } from "../json-objects.js";
import { quote } from "../json-reader.js";
import { lookalike } from "../lookalikes.js";
import { ZipArchive } from "../zip.js";
import { invalid, type LayerConfig, type ModelConfig, parseJson, readConfig } from "./config.js";
import { GATES, type Kind } from "./gates.js";
import { Hdf5Group } from "./hdf5.js";
import { isRecurrent, type KerasLayer, makeLayer, maskAfter, readLayer } from "./layer.js";
import { KerasModel, planOf } from "./model.js";
import { type ArraysOf, arraysBelow, byGroup, byName, byPlace, legacyGroups } from "./sources.js";
import { type NamedArray, readManifest, topologyOf } from "./tfjs.js";

type Bytes = ArrayBufferLike | ArrayBufferView;

/** A TensorFlow.js Layers model. */
export interface TensorFlowJs {
  /** What model.json holds: its text, or what JSON.parse made of it. */
  modelJson: string | object;
  /** The shards, in the order of `weightsManifest`, or all of them as one. */
  weights: Bytes | readonly Bytes[];
}

/** Options of `load`. */
export interface LoadKerasOptions {
  /**
   * The activation of the gates, for a file of weights alone, which does not name it. Only `"sigmoid"` is read; before Keras
   * 2.3 the default was hard_sigmoid.
   */
  recurrentActivation?: string | undefined;
}

/** What `load` returns. */
export interface KerasFile {
  /** The LSTM, GRU and SimpleRNN layers, in the order of the file. */
  readonly layers: KerasLayer[];
  /** The whole model, made when it is first read, if all of its layers can run; else undefined. */
  readonly model: KerasModel | undefined;
  /** Which layer stands in the way of `model`, and why; undefined if none does. */
  readonly obstacle: string | undefined;
}

/**
 * The recurrent layers of a Keras model, and the model itself where all of it can run: a `.keras` file, an `.h5` or `.hdf5`
 * file of a whole model or of weights alone, or a model of TensorFlow.js. Nothing of a file is executed.
 *
 * @throws LSTMError `SAFETENSORS` for what is no such file, and for recurrent layers that PyTorch's modules have no equivalent
 *   for (the message names the layer and what it has); `OPTION`
 */
export async function load(source: Bytes | TensorFlowJs, options: LoadKerasOptions = {}): Promise<KerasFile> {
  const { recurrentActivation = "sigmoid" } = checkObject("load", options, ["recurrentActivation"]);
  if (recurrentActivation !== "sigmoid") {
    throw mustBe("OPTION", "recurrentActivation", '"sigmoid", as PyTorch has it', recurrentActivation);
  }
  if (isObject(source) && "modelJson" in source) return readTensorFlowJs(source as unknown as TensorFlowJs);
  const bytes = asBytes(source as Bytes);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return readArchive(bytes);
  if (bytes[0] === 0x89 && bytes[1] === 0x48) return readHdf5(await Hdf5Group.open(bytes));
  throw invalid(`it is neither a zip archive (.keras) nor HDF5 (.h5)${lookalike(bytes)}`);
}

function readTensorFlowJs({ modelJson, weights }: TensorFlowJs): KerasFile {
  const json = typeof modelJson === "string" ? parseJson("model.json", modelJson) : modelJson;
  if (!isObject(json)) throw mustBe("SAFETENSORS", "modelJson", "the text of model.json, or an object", modelJson);
  const shards = (Array.isArray(weights) ? weights : [weights]).map(asBytes);
  const config = readConfig(topologyOf(json));
  return fileOf(config, byName(readManifest(json, joined(shards))));
}

function joined(shards: readonly Uint8Array[]): Uint8Array {
  const [first] = shards;
  if (shards.length === 1 && first !== undefined) return first;
  const size = shards.reduce((sum, { length }) => sum + length, 0);
  try {
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const shard of shards) {
      bytes.set(shard, at);
      at += shard.length;
    }
    return bytes;
  } catch (cause) {
    throw new LSTMError("OUT_OF_MEMORY", `shards of ${size} bytes do not fit in memory`, { cause });
  }
}

async function readArchive(bytes: Uint8Array): Promise<KerasFile> {
  const archive = new ZipArchive(bytes, (why, options) => invalid(why, options as { cause: unknown } | undefined));
  const [CONFIG, WEIGHTS] = ["config.json", "model.weights.h5"];
  if (!archive.names.includes(CONFIG)) throw invalid(`it is a zip archive without config.json${lookalike(bytes)}`);
  const files = archive.read([CONFIG, WEIGHTS]);
  const config = readConfig(parseJson(CONFIG, strFromU8(files.get(CONFIG) as Uint8Array)));
  const weights = await Hdf5Group.open(files.get(WEIGHTS) as Uint8Array);
  return fileOf(config, byPlace(weights, config.layers));
}

function readHdf5(file: Hdf5Group): KerasFile {
  const text = file.text("model_config");
  if (text !== undefined) {
    const weights = file.child("model_weights");
    if (weights === undefined) throw invalid("it has a model_config and no model_weights");
    return fileOf(readConfig(parseJson("model_config", text)), byGroup(weights));
  }
  return weightsAlone(file.child("model_weights") ?? file);
}

function fileOf({ layers, branch }: ModelConfig, arraysOf: ArraysOf): KerasFile {
  let masked = false;
  const found = new Map<LayerConfig, KerasLayer>();
  for (const layer of layers) {
    if (isRecurrent(layer)) found.set(layer, readLayer(layer, arraysOf(layer), masked));
    masked = maskAfter(layer, masked);
  }
  if (found.size === 0) {
    const classes = [...new Set(layers.map(({ className }) => className))].slice(0, 20).join(", ");
    throw invalid(`it has no LSTM, GRU or SimpleRNN; its layers are ${classes || "none"}`);
  }
  const plan =
    branch === undefined
      ? planOf(layers, found, arraysOf)
      : `layer ${quote(branch)} does not read just the layer before it`;
  let model: KerasModel | undefined;
  return {
    layers: [...found.values()],
    get model() {
      if (typeof plan === "string") return undefined;
      model ??= new KerasModel(plan);
      return model;
    },
    obstacle: typeof plan === "string" ? plan : undefined,
  };
}

/** A file without a configuration: shapes tell the recurrent layers. */
function weightsAlone(file: Hdf5Group): KerasFile {
  const groups = file.texts("layer_names") === undefined ? groupsBelow(file) : legacyGroups(file);
  const layers = groups.flatMap(([name, given]) => {
    const arrays = given.map((array) => array.read());
    // A kernel and a recurrent kernel (hidden, gates * hidden), whose columns are as many.
    const [kernel, recurrent] = arrays;
    const [hidden = 0, columns = 0] = recurrent?.shape.length === 2 ? recurrent.shape : [];
    if (hidden === 0 || kernel?.shape[1] !== columns) return [];
    const kind = (Object.keys(GATES) as Kind[]).find((one) => GATES[one].length * hidden === columns);
    if (kind === undefined) return [];
    const refuse = (why: string) => invalid(`layer ${quote(name)} (of the shapes of ${kind}) ${why}`);
    const both = arrays.length > 3;
    return [
      makeLayer(name, kind, both, arrays, refuse, "tanh", {
        returnSequences: undefined,
        goBackwards: undefined,
        stateful: undefined,
        mergeMode: undefined,
        maskZero: undefined,
        zeroOutputForMask: false,
        assumedActivations: true,
      }),
    ];
  });
  if (layers.length === 0) {
    throw invalid(`it has no LSTM, GRU or SimpleRNN; its groups are ${describe(groups.map(([name]) => name))}`);
  }
  return { layers, model: undefined, obstacle: "a file of weights alone does not tell the model" };
}

/** The groups of Keras 3's `*.weights.h5`, which are the layers by their classes. */
function groupsBelow(file: Hdf5Group): [string, NamedArray[]][] {
  const layers = file.child("layers") ?? file.child("_layer_checkpoint_dependencies");
  return (layers?.names ?? []).flatMap((name): [string, NamedArray[]][] => {
    const group = layers?.child(name);
    return group === undefined ? [] : [[name, arraysBelow(group)]];
  });
}
