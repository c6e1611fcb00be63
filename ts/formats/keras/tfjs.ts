/** TensorFlow.js Layers models: the topology in model.json, and the weights in its shards, one after the other. */
import { describe, shapeText } from "../../checks/describe.js";
import { Tensor } from "../../tensor/tensor.js";
import { type FloatReader, readFloat16, readFloat32 } from "../floats.js";
import { isObject, type JsonObject, objectIn, ownValue } from "../json-objects.js";
import { quote } from "../json-reader.js";
import { invalid } from "./config.js";

/** An array of a model by its whole name, `lstm/lstm_cell/kernel` say, and how to read it. */
export interface NamedArray {
  readonly name: string;
  read(): Tensor;
}

const SIZES: Readonly<Record<string, number>> = { float32: 4, float16: 2, int32: 4, uint16: 2, uint8: 1, bool: 1 };

/** The configuration `{ class_name, config }` of a model.json. */
export function topologyOf(modelJson: JsonObject): JsonObject {
  const topology = objectIn(modelJson, "modelTopology");
  if (ownValue(modelJson, "format") === "graph-model" || ownValue(topology, "node") !== undefined) {
    throw invalid(
      "it is a graph model of TensorFlow.js, which has no layers; convert the Keras model with --output_format=tfjs_layers_model",
    );
  }
  const model = ownValue(topology, "model_config");
  return isObject(model) ? model : topology;
}

/** The arrays that `weightsManifest` lists. */
export function readManifest(modelJson: JsonObject, bytes: Uint8Array): NamedArray[] {
  const manifest = ownValue(modelJson, "weightsManifest");
  if (!Array.isArray(manifest)) throw invalid(`model.json has no weightsManifest, got ${describe(manifest)}`);
  let at = 0;
  const arrays = manifest.flatMap((group: unknown) => {
    const specs = ownValue(isObject(group) ? group : {}, "weights");
    if (!Array.isArray(specs)) throw invalid("model.json has a group without weights");
    return specs.map((given: unknown): NamedArray => {
      const spec = isObject(given) ? given : {};
      const [name, shape, dtype] = [ownValue(spec, "name"), ownValue(spec, "shape"), ownValue(spec, "dtype")];
      if (typeof name !== "string" || !isShape(shape))
        throw invalid(`model.json has a weight ${describe(name)} of shape ${describe(shape)}`);
      const quantization = objectIn(spec, "quantization");
      const stored = ownValue(quantization, "dtype") ?? dtype;
      const size = typeof stored === "string" && Object.hasOwn(SIZES, stored) ? (SIZES[stored] as number) : undefined;
      if (size === undefined)
        throw invalid(`the weight ${quote(name)} is of dtype ${describe(stored)}, which is not read`);
      const count = shape.reduce((a, b) => a * b, 1);
      const begin = at;
      at += count * size;
      if (at > bytes.length) {
        throw invalid(
          `the weight ${quote(name)} ends at byte ${at}, and the shards have ${bytes.length} (a shard is missing?)`,
        );
      }
      const data = bytes.subarray(begin, at);
      return { name, read: () => new Tensor(numbersOf(name, data, count, stored as string, quantization), shape) };
    });
  });
  if (at === bytes.length) return arrays;
  throw invalid(`model.json lists ${at} bytes of weights, and the shards have ${bytes.length}`);
}

const isShape = (shape: unknown): shape is number[] =>
  Array.isArray(shape) && shape.length <= 8 && shape.every((size) => Number.isSafeInteger(size) && size >= 0);

function numbersOf(
  name: string,
  data: Uint8Array,
  count: number,
  dtype: string,
  quantization: JsonObject,
): Float32Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = new Float32Array(count);
  const scale = ownValue(quantization, "scale");
  if (dtype === "float32" || dtype === "float16") {
    const read: FloatReader = dtype === "float32" ? readFloat32 : readFloat16;
    read(view, values);
  } else if ((dtype === "uint8" || dtype === "uint16") && typeof scale === "number") {
    const least = ownValue(quantization, "min");
    const from = typeof least === "number" ? least : 0;
    for (let i = 0; i < count; i++) {
      values[i] = (dtype === "uint8" ? view.getUint8(i) : view.getUint16(2 * i, true)) * scale + from;
    }
  } else {
    throw invalid(
      `the weight ${quote(name)} of shape ${shapeText([count])} is of dtype ${dtype}; a layer's must be floats`,
    );
  }
  return values;
}
