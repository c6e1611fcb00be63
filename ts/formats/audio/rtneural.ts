/** RTNeural's own JSON, which is Keras's layout and order of gates. AIDA-X adds `in_skip` and `out_gain`. */
import { describe } from "../../checks/describe.js";
import { Tensor } from "../../tensor/tensor.js";
import { isObject, type JsonObject, ownValue } from "../json-objects.js";
import { GATES, type Kind, reordered, transposed } from "../keras/gates.js";
import { invalid, numbers } from "./json.js";
import type { AudioLayer } from "./model.js";
import { linear, recurrent } from "./state-dict.js";

const ACTIVATIONS = { tanh: "Tanh", relu: "ReLU", sigmoid: "Sigmoid" } as const;

/** The layers, with the sizes that their weights have. */
export function readRTNeural(file: JsonObject): AudioLayer[] {
  const given = ownValue(file, "layers");
  if (!Array.isArray(given)) throw invalid(`layers must be an array, got ${describe(given)}`);
  return given.flatMap((layer: unknown, index) => {
    const name = String(index);
    if (!isObject(layer)) throw invalid(`layer ${name} must be an object, got ${describe(layer)}`);
    const type = ownValue(layer, "type");
    const where = `layer ${name} (${describe(type)})`;
    if (type === "activation") return activation(where, name, layer);
    if (type === "lstm") return readRecurrent(where, name, "LSTM", layer);
    if (type === "gru") return readRecurrent(where, name, "GRU", layer);
    if (type === "dense" || type === "time-distributed-dense") return readDense(where, name, layer);
    throw invalid(`${where} is not read; lstm, gru, dense and activation are`);
  });
}

function weightsOf(where: string, layer: JsonObject): readonly unknown[] {
  const weights = ownValue(layer, "weights");
  if (Array.isArray(weights)) return weights;
  throw invalid(`${where}: weights must be an array, got ${describe(weights)}`);
}

function readRecurrent(where: string, name: string, kind: Kind, layer: JsonObject) {
  const [first, second, third] = weightsOf(where, layer);
  const used = ownValue(layer, "activation") ?? "";
  if (used !== "" && used !== "tanh")
    throw invalid(`${where} has the activation ${describe(used)}, and nn.${kind} tanh`);
  const gates = GATES[kind];
  const two = kind === "GRU";
  const bias = numbers(`${where}: the bias`, third, two ? 2 : 1);
  return recurrent(name, kind, {
    weight_ih_l0: transposed(numbers(`${where}: the kernel`, first, 2), gates),
    weight_hh_l0: transposed(numbers(`${where}: the recurrent kernel`, second, 2), gates),
    bias_ih_l0: reordered(bias, gates),
    bias_hh_l0: two ? reordered(bias, gates, 1) : Tensor.zeros(bias.shape),
  });
}

/** The layer, and its activation behind it. */
function readDense(where: string, name: string, layer: JsonObject): AudioLayer[] {
  const [first, second] = weightsOf(where, layer);
  const weight = transposed(numbers(`${where}: the kernel`, first, 2), [0]);
  return [linear(name, { weight, bias: numbers(`${where}: the bias`, second, 1) }), ...activation(where, name, layer)];
}

function activation(where: string, name: string, layer: JsonObject): AudioLayer[] {
  const used = ownValue(layer, "activation") ?? "";
  if (used === "" || used === "linear") return [];
  if (typeof used === "string" && Object.hasOwn(ACTIVATIONS, used)) {
    const kind = ACTIVATIONS[used as keyof typeof ACTIVATIONS];
    return [{ name: `${name}.${used}`, kind, options: {}, stateDict: {} }];
  }
  throw invalid(`${where} has the activation ${describe(used)}; linear, tanh, relu and sigmoid are read`);
}
