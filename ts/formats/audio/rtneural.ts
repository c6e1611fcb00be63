/** RTNeural's own JSON, which is Keras's layout and order of gates. AIDA-X adds `in_skip` and `out_gain`. */
import { describe } from "../../checks/describe.js";
import { type Kind, toTorch, transpose } from "../keras/gates.js";
import { checkShape, invalid, isObject, type JsonObject, numbers, own, quote, sizeOf } from "./json.js";
import type { AudioLayer } from "./model.js";
import { recurrent } from "./state-dict.js";

const KINDS: Readonly<Record<string, Kind>> = { lstm: "LSTM", gru: "GRU" };
const ACTIVATIONS = { tanh: "Tanh", relu: "ReLU", sigmoid: "Sigmoid" } as const;

/** The layers, and the values for each sample that go in and out. */
export function readRTNeural(file: JsonObject): { layers: AudioLayer[]; inputSize: number; outputSize: number } {
  const given = own(file, "layers");
  if (!Array.isArray(given)) throw invalid(`layers must be an array, got ${describe(given)}`);
  const inputSize = lastOf("in_shape", own(file, "in_shape"));
  let width = inputSize;
  const layers: AudioLayer[] = [];
  given.forEach((layer: unknown, index) => {
    const name = String(index);
    if (!isObject(layer)) throw invalid(`layer ${name} must be an object, got ${describe(layer)}`);
    const type = own(layer, "type");
    const kind = typeof type === "string" && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
    const where = `layer ${name} (${typeof type === "string" ? quote(type) : describe(type)})`;
    if (kind !== undefined) {
      const read = readRecurrent(where, name, kind, layer, width);
      layers.push(read);
      width = read.options.hiddenSize;
    } else if (type === "dense" || type === "time-distributed-dense") {
      width = readDense(where, name, layer, width, layers);
    } else if (type === "activation") {
      layers.push(...activation(where, name, layer));
    } else {
      throw invalid(
        `${where} is of a type that is not read; lstm, gru, dense, time-distributed-dense and activation are`,
      );
    }
  });
  return { layers, inputSize, outputSize: width };
}

function lastOf(what: string, value: unknown): number {
  return sizeOf(`the last number of ${what}`, Array.isArray(value) ? value.at(-1) : value);
}

function weightsOf(where: string, layer: JsonObject): readonly unknown[] {
  const weights = own(layer, "weights");
  if (Array.isArray(weights)) return weights;
  throw invalid(`${where}: weights must be an array, got ${describe(weights)}`);
}

function readRecurrent(where: string, name: string, kind: Kind, layer: JsonObject, width: number) {
  const [first, second, third] = weightsOf(where, layer);
  const used = own(layer, "activation") ?? "";
  if (used !== "" && used !== "tanh") {
    throw invalid(`${where} has the activation ${describe(used)}; PyTorch's nn.${kind} has tanh`);
  }
  const kernel = numbers(`${where}: the kernel`, first, 2);
  const hidden = lastOf(`${where}: shape`, own(layer, "shape"));
  const rows = (kind === "GRU" ? 3 : 4) * hidden;
  checkShape(`${where}: the kernel`, kernel, [width, rows]);
  const arrays = {
    kernel,
    recurrent: numbers(`${where}: the recurrent kernel`, second, 2),
    bias: numbers(`${where}: the bias`, third, kind === "GRU" ? 2 : 1),
  };
  checkShape(`${where}: the recurrent kernel`, arrays.recurrent, [hidden, rows]);
  checkShape(`${where}: the bias`, arrays.bias, kind === "GRU" ? [2, rows] : [rows]);
  const parameters = toTorch(kind, arrays, (why) => invalid(`${where} ${why}`));
  return recurrent(
    name,
    kind,
    Object.fromEntries(Object.entries(parameters).map(([part, tensor]) => [`${part}_l0`, tensor])),
  );
}

/** Adds the layer, and its activation behind it; returns how many values come out. */
function readDense(where: string, name: string, layer: JsonObject, width: number, layers: AudioLayer[]): number {
  const [first, second] = weightsOf(where, layer);
  const kernel = numbers(`${where}: the kernel`, first, 2);
  const outFeatures = lastOf(`${where}: shape`, own(layer, "shape"));
  checkShape(`${where}: the kernel`, kernel, [width, outFeatures]);
  const bias = numbers(`${where}: the bias`, second, 1);
  checkShape(`${where}: the bias`, bias, [outFeatures]);
  layers.push({
    name,
    kind: "Linear",
    options: { inFeatures: width, outFeatures, bias: true },
    stateDict: { weight: transpose(kernel), bias },
  });
  layers.push(...activation(where, name, layer));
  return outFeatures;
}

function activation(where: string, name: string, layer: JsonObject): AudioLayer[] {
  const used = own(layer, "activation") ?? "";
  if (used === "" || used === "linear") return [];
  if (typeof used === "string" && Object.hasOwn(ACTIVATIONS, used)) {
    const kind = ACTIVATIONS[used as keyof typeof ACTIVATIONS];
    return [{ name: `${name}.${used}`, kind, options: {}, stateDict: {} }];
  }
  throw invalid(`${where} has the activation ${describe(used)}; linear, tanh, relu and sigmoid are read`);
}
