/** A model's configuration, as Keras 2, Keras 3 and TensorFlow.js write it: its layers, and whether they are a chain. */
import { describe } from "../../checks/describe.js";
import { badFile } from "../bytes.js";
import { isObject, type JsonObject, objectIn, ownValue } from "../json-objects.js";
import { quote } from "../json-reader.js";

export const invalid = (why: string, options?: { cause: unknown }) =>
  badFile(`Not a readable Keras model: ${why}`, options);

/** A layer as its configuration says. */
export interface LayerConfig {
  readonly name: string;
  readonly className: string;
  readonly config: JsonObject;
}

export interface ModelConfig {
  readonly layers: readonly LayerConfig[];
  /** The first layer that does not read just the one before it; undefined in a chain. */
  readonly branch: string | undefined;
}

/** As many layers as a model may have. */
const MAX_LAYERS = 10_000;
/** As deep as the names of the layers that a layer reads lie in its `inbound_nodes`. */
const MAX_DEPTH = 10;

export function parseJson(what: string, text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(`${what} is not JSON`, { cause });
  }
  if (isObject(value)) return value;
  throw invalid(`${what} must be a JSON object, got ${describe(value)}`);
}

/** @param model an object `{ class_name, config }` */
export function readConfig(model: JsonObject): ModelConfig {
  const className = ownValue(model, "class_name");
  if (className !== "Sequential" && className !== "Functional" && className !== "Model") {
    throw invalid(`its class is ${describe(className)}; Sequential and Functional models are read`);
  }
  const config = ownValue(model, "config");
  const list = Array.isArray(config) ? config : ownValue(isObject(config) ? config : {}, "layers");
  if (!Array.isArray(list) || list.length > MAX_LAYERS) {
    throw invalid(`its config must have layers, at most ${MAX_LAYERS}, got ${describe(list)}`);
  }
  let first: string | undefined;
  let before: string | undefined;
  let branch: string | undefined;
  /** Keras 3 writes down how an Embedding makes its mask, as a layer beside it, and hands that to those behind. */
  const masks = new Set<string>();
  const layers = list.map((given: unknown, index): LayerConfig => {
    const layer = layerOf(given, `layer ${index}`);
    if (/^(Sequential|Functional|Model)$/.test(layer.className)) {
      throw invalid(`layer ${quote(layer.name)} is a model in the model, which is not read`);
    }
    if (className !== "Sequential" && branch === undefined) {
      const nodes = ownValue(given as JsonObject, "inbound_nodes");
      const sources = new Set(sourcesOf(nodes, 0));
      for (const mask of masks) sources.delete(mask);
      const reads = (name: string | undefined) =>
        Array.isArray(nodes) && nodes.length === 1 && sources.size === 1 && sources.has(name as string);
      if (layer.className === "NotEqual" && reads(first) && isPadding(nodes)) {
        masks.add(layer.name);
        return layer;
      }
      if (before === undefined ? sources.size > 0 : !reads(before)) branch = layer.name;
    }
    first ??= layer.name;
    before = layer.name;
    return layer;
  });
  const embeds = layers.some(
    ({ className, config: given }) => className === "Embedding" && ownValue(given, "mask_zero") === true,
  );
  return { layers, branch: embeds ? branch : (branch ?? [...masks][0]) };
}

/** A layer, or one that another wraps. */
export function layerOf(given: unknown, what: string): LayerConfig {
  const layer = isObject(given) ? given : {};
  const config = objectIn(layer, "config");
  const className = ownValue(layer, "class_name");
  const name = ownValue(config, "name") ?? ownValue(layer, "name");
  if (typeof className === "string" && typeof name === "string") return { name, className, config };
  throw invalid(`${what} must have a class_name and a name`);
}

/** Whether a NotEqual compares with 0, the index that stands for nothing. */
function isPadding(nodes: unknown): boolean {
  const args = ownValue(isObject((nodes as unknown[])[0]) ? ((nodes as unknown[])[0] as JsonObject) : {}, "args");
  return Array.isArray(args) && args[1] === 0;
}

/** The names in `inbound_nodes`: of Keras 2 `[name, 0, 0, ...]`, of Keras 3 `{ keras_history: [name, 0, 0] }`, somewhere inside. */
function sourcesOf(value: unknown, depth: number): string[] {
  if (depth > MAX_DEPTH || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "number") return [value[0]];
  return Object.values(value).flatMap((inner) => sourcesOf(inner, depth + 1));
}
