/** State dicts of PyTorch as nested arrays: what GuitarML's tools write, and what RTNeural's torch helpers read. */
import { describe, shapeText } from "../../checks/describe.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type JsonObject, objectIn, ownValue } from "../json-objects.js";
import type { Kind } from "../keras/gates.js";
import { checkShape, invalid, numbers } from "./json.js";
import type { AudioLayer, AudioLSTM } from "./model.js";

const KIND_BY_GATES: Readonly<Record<number, Kind>> = { 1: "RNN", 3: "GRU", 4: "LSTM" };

/** GuitarML's file: `model_data` says what the model is, `state_dict` has its parameters. */
export function readGuitarML(file: JsonObject): AudioLayer[] {
  // Programs sort the names of an object: the recurrent layer comes first, whatever it is called.
  const layers = readStateDict(objectIn(file, "state_dict")).sort((a, b) => +isRecurrent(b) - +isRecurrent(a));
  const unit = ownValue(objectIn(file, "model_data"), "unit_type");
  if (unit === undefined || layers[0]?.kind === unit) return layers;
  throw invalid(`model_data.unit_type is ${describe(unit)}; its parameters are of another kind`);
}

export const isRecurrent = ({ kind }: AudioLayer): boolean => kind === "LSTM" || kind === "GRU" || kind === "RNN";

/** The layers of a state dict, in its order: what stands before a parameter's last dot is the layer's name. */
export function readStateDict(dict: JsonObject): AudioLayer[] {
  const layers = new Map<string | undefined, Record<string, Tensor>>();
  for (const key of Object.keys(dict)) {
    const [, name, part = ""] = /^(?:(.*)\.)?((?:weight|bias)(?:_[ih]h_l\d{1,3})?)$/s.exec(key) ?? [];
    if (part === "") throw invalid(`the parameter ${describe(key)} is of no LSTM, GRU, RNN or Linear`);
    const tensors = layers.get(name) ?? {};
    layers.set(name, tensors);
    tensors[part] = numbers(describe(key), ownValue(dict, key), part.startsWith("bias") ? 1 : 2);
  }
  return [...layers].map(([name = "", tensors]) =>
    tensors.weight_ih_l0 === undefined ? linear(name, tensors) : recurrent(name, undefined, tensors),
  );
}

/** A Linear with these parameters, which are checked. */
export function linear(name: string, stateDict: Record<string, Tensor>): AudioLayer {
  const { weight, bias, ...others } = stateDict;
  const [other] = Object.keys(others);
  if (weight === undefined || other !== undefined)
    throw invalid(`${describe(name)} has ${other}, of no layer that is read`);
  const [outFeatures = 0, inFeatures = 0] = weight.shape;
  if (bias !== undefined) checkShape(`${describe(name)}: bias`, bias, [outFeatures]);
  return { name, kind: "Linear", options: { inFeatures, outFeatures, bias: bias !== undefined }, stateDict };
}

/** A recurrent layer with parameters by PyTorch's names, all of which are checked. `kind` is told by the shapes if it is not given. */
export function recurrent(
  name: string,
  given: Kind | undefined,
  stateDict: Record<string, Tensor>,
  state?: AudioLSTM["state"],
): Extract<AudioLayer, { options: { hiddenSize: number } }> {
  const { weight_ih_l0: first, weight_hh_l0: second } = stateDict;
  if (first === undefined || second === undefined) throw invalid(`${describe(name)} has no weight_hh_l0`);
  const inputSize = first.shape[1] as number;
  const [rows = 0, hiddenSize = 0] = second.shape;
  const kind = given ?? KIND_BY_GATES[rows / hiddenSize];
  if (kind === undefined) throw invalid(`${describe(name)}: weight_hh_l0 has shape ${shapeText(second.shape)}`);
  const bias = stateDict.bias_ih_l0 !== undefined;
  let numLayers = 0;
  for (; stateDict[`weight_ih_l${numLayers}`] !== undefined; numLayers++) {
    const check = (part: string, ...shape: number[]) => {
      const tensor = stateDict[`${part}_l${numLayers}`];
      if (tensor === undefined) throw invalid(`${describe(name)} has no ${part}_l${numLayers}`);
      checkShape(`${describe(name)}: ${part}_l${numLayers}`, tensor, shape);
    };
    check("weight_ih", rows, numLayers === 0 ? inputSize : hiddenSize);
    check("weight_hh", rows, hiddenSize);
    if (bias) for (const part of ["bias_ih", "bias_hh"]) check(part, rows);
  }
  const expected = numLayers * (bias ? 4 : 2);
  const names = Object.keys(stateDict);
  if (names.length !== expected) {
    throw invalid(`${describe(name)} has ${names.length} parameters; ${numLayers} layers have ${expected}`);
  }
  const options = { inputSize, hiddenSize, numLayers, bias };
  return { name, kind, options, stateDict, ...(kind === "LSTM" && { state }) } as ReturnType<typeof recurrent>;
}
