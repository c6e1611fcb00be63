/** What a user gives: a file, or a TensorFlow.js model. */
import { mustBe } from "../../checks/must-be.js";
import { checkObject } from "../../checks/options.js";
import { asBytes, joined } from "../bytes.js";
import { isObject } from "../json-objects.js";
import { lookalike } from "../lookalikes.js";
import { invalid, parseJson, readConfig } from "./config.js";
import { fileOf, type KerasFile } from "./result.js";
import { byName } from "./sources.js";
import { readManifest, topologyOf } from "./tfjs.js";

/** What is taken as bytes. */
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

/**
 * The recurrent layers of a Keras model, and the model itself where all of it can run: a `.keras` file, an `.h5` or `.hdf5`
 * file of a whole model or of weights alone, or a model of TensorFlow.js. Nothing of a file is executed.
 *
 * @throws LSTMError `FILE` for what is no such file, and for recurrent layers that PyTorch's modules have no equivalent
 *   for (the message names the layer and what it has); `OPTION`
 */
export async function load(source: Bytes | TensorFlowJs, options: LoadKerasOptions = {}): Promise<KerasFile> {
  const { recurrentActivation = "sigmoid" } = checkObject("load", options, ["recurrentActivation"]);
  if (recurrentActivation !== "sigmoid") {
    throw mustBe("OPTION", "recurrentActivation", '"sigmoid", as PyTorch has it', recurrentActivation);
  }
  if (isObject(source) && "modelJson" in source) return readTensorFlowJs(source as unknown as TensorFlowJs);
  const bytes = asBytes(source as Bytes);
  const [first, second] = bytes;
  if ((first === 0x50 && second === 0x4b) || (first === 0x89 && second === 0x48)) {
    const { readArchive, readHdf5 } = await import("./files.js");
    return first === 0x50 ? readArchive(bytes) : readHdf5(bytes);
  }
  throw invalid(`it is neither a zip archive (.keras) nor HDF5 (.h5)${lookalike(bytes, "Keras")}`);
}

function readTensorFlowJs({ modelJson, weights }: TensorFlowJs): KerasFile {
  const json = typeof modelJson === "string" ? parseJson("model.json", modelJson) : modelJson;
  if (!isObject(json)) throw mustBe("FILE", "modelJson", "the text of model.json, or an object", modelJson);
  const shards = (Array.isArray(weights) ? weights : [weights]).map((shard) => asBytes(shard, "weights"));
  const [first, second] = shards;
  const bytes = first !== undefined && second === undefined ? first : joined("a model with shards", shards);
  const config = readConfig(topologyOf(json));
  return fileOf(config, byName(readManifest(json, bytes)));
}
