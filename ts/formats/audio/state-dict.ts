/** State dicts of PyTorch as nested arrays: what GuitarML's tools write, and what RTNeural's torch helpers read. */
import { describe, shapeText } from "../../checks/describe.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Kind } from "../keras/gates.js";
import { checkShape, invalid, isObject, type JsonObject, numbers, own, quote } from "./json.js";
import type { AudioLayer, AudioLSTM } from "./model.js";

const KIND_BY_GATES: Readonly<Record<number, Kind>> = { 1: "RNN", 3: "GRU", 4: "LSTM" };

/** GuitarML's file: `model_data` says what the model is, `state_dict` has its parameters. */
export function readGuitarML(file: JsonObject) {
  const data = own(file, "model_data");
  const dict = own(file, "state_dict");
  if (!isObject(data) || !isObject(dict)) throw invalid("model_data and state_dict must be objects");
  const layers = readStateDict(dict);
  const first = layers.find(isRecurrent);
  const unit = own(data, "unit_type");
  if (unit !== undefined && first?.kind !== unit) {
    throw invalid(`model_data.unit_type is ${describe(unit)}, but the parameters are ${first?.kind ?? "none"}'s`);
  }
  const skip = own(data, "skip") ?? 0;
  if (skip !== 0 && skip !== 1) throw invalid(`model_data.skip must be 0 or 1, got ${describe(skip)}`);
  return { layers, skip: skip === 1 };
}

export const isRecurrent = ({ kind }: AudioLayer): boolean => kind === "LSTM" || kind === "GRU" || kind === "RNN";

/** The layers of a state dict, in its order: what stands before a parameter's last dot is the layer's name. */
export function readStateDict(dict: JsonObject): AudioLayer[] {
  const groups = new Map<string, string[]>();
  for (const key of Object.keys(dict)) {
    const dot = key.lastIndexOf(".");
    const [layer, part] = [key.slice(0, Math.max(dot, 0)), key.slice(dot + 1)];
    const parts = groups.get(layer);
    if (parts === undefined) groups.set(layer, [part]);
    else parts.push(part);
  }
  return [...groups].map(([name, parts]) => {
    const tensors: Record<string, Tensor> = {};
    for (const part of parts) {
      const key = name === "" && !Object.hasOwn(dict, `.${part}`) ? part : `${name}.${part}`;
      if (!/^(weight|bias)(_[ih]h_l\d{1,3})?$/.test(part)) {
        throw invalid(`the parameter ${quote(key)} is of no layer that is read: an LSTM, a GRU, an RNN or a Linear`);
      }
      tensors[part] = numbers(quote(key), own(dict, key), part.startsWith("bias") ? 1 : 2);
    }
    return tensors.weight_ih_l0 === undefined ? linear(name, tensors) : recurrent(name, undefined, tensors);
  });
}

function linear(name: string, tensors: Record<string, Tensor>): AudioLayer {
  const { weight, bias, ...others } = tensors;
  const [other] = Object.keys(others);
  if (weight === undefined) throw invalid(`${quote(name)} has no weight${other === undefined ? "" : `, but ${other}`}`);
  if (other !== undefined) throw invalid(`${quote(name)} has a weight, and also ${other}`);
  const [outFeatures = 0, inFeatures = 0] = weight.shape;
  if (bias !== undefined) checkShape(`${quote(name)}: bias`, bias, [outFeatures]);
  const options = { inFeatures, outFeatures, bias: bias !== undefined };
  return { name, kind: "Linear", options, stateDict: tensors };
}

/** A recurrent layer with parameters by PyTorch's names, all of which are checked. `kind` is told by the shapes if it is not given. */
export function recurrent(
  name: string,
  given: Kind | undefined,
  stateDict: Record<string, Tensor>,
  state?: AudioLSTM["state"],
): Extract<AudioLayer, { options: { hiddenSize: number } }> {
  const { weight_ih_l0: first, weight_hh_l0: second } = stateDict;
  if (first === undefined || second === undefined) throw invalid(`${quote(name)} has no weight_hh_l0`);
  const inputSize = first.shape[1] as number;
  const [rows = 0, hiddenSize = 0] = second.shape;
  const kind = given ?? KIND_BY_GATES[rows / hiddenSize];
  if (kind === undefined) throw invalid(`${quote(name)}: weight_hh_l0 has shape ${shapeText(second.shape)}`);
  const bias = stateDict.bias_ih_l0 !== undefined;
  let numLayers = 0;
  for (; stateDict[`weight_ih_l${numLayers}`] !== undefined; numLayers++) {
    const check = (part: string, ...shape: number[]) => {
      const tensor = stateDict[`${part}_l${numLayers}`];
      if (tensor === undefined) throw invalid(`${quote(name)} has no ${part}_l${numLayers}`);
      checkShape(`${quote(name)}: ${part}_l${numLayers}`, tensor, shape);
    };
    check("weight_ih", rows, numLayers === 0 ? inputSize : hiddenSize);
    check("weight_hh", rows, hiddenSize);
    if (bias) for (const part of ["bias_ih", "bias_hh"]) check(part, rows);
  }
  const expected = numLayers * (bias ? 4 : 2);
  const names = Object.keys(stateDict);
  if (names.length !== expected) {
    throw invalid(`${quote(name)} has ${names.length} parameters; ${numLayers} layers have ${expected}`);
  }
  const options = { inputSize, hiddenSize, numLayers, bias };
  if (kind === "LSTM") return { name, kind, options, stateDict, state };
  return kind === "GRU"
    ? { name, kind, options, stateDict }
    : { name, kind, options: { ...options, nonlinearity: "tanh" }, stateDict };
}
