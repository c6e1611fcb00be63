/** LSTMs of Neural Amp Modeler (`.nam`): one flat list of weights, in the order in which its core reads them. */
import { describe } from "../../checks/describe.js";
import { Tensor } from "../../tensor/tensor.js";
import { type JsonObject, objectIn, ownValue } from "../json-objects.js";
import { invalid, numbers, sizeOf } from "./json.js";
import type { AudioLayer } from "./model.js";
import { recurrent } from "./state-dict.js";

/**
 * Each layer has its rows [W_ih W_hh], gates i, f, g, o, then one bias, which is the sum of both of PyTorch's, then h and c
 * to start from. A Linear to one value ends the list: its weight, then its bias.
 */
export function readNam(file: JsonObject): AudioLayer[] {
  const architecture = ownValue(file, "architecture");
  if (architecture !== "LSTM") {
    throw invalid(`a .nam file of the architecture ${describe(architecture)} has no recurrent layer; "LSTM" is read`);
  }
  const config = objectIn(file, "config");
  const [inputSize, hidden, numLayers] = ["input_size", "hidden_size", "num_layers"].map((name) =>
    sizeOf(`config.${name}`, ownValue(config, name)),
  ) as [number, number, number];
  const { data } = numbers("weights", ownValue(file, "weights"), 1);
  const layerSize = (columns: number) => 4 * hidden * (columns + hidden + 1) + 2 * hidden;
  const expected = layerSize(inputSize) + (numLayers - 1) * layerSize(hidden) + hidden + 1;
  if (data.length !== expected) {
    throw invalid(`weights must be ${expected} numbers for the sizes in config, got ${data.length}`);
  }

  let at = 0;
  const take = (count: number) => {
    at += count;
    return data.subarray(at - count, at);
  };
  const state = { h: Tensor.zeros([numLayers, 1, hidden]), c: Tensor.zeros([numLayers, 1, hidden]) };
  const stateDict: Record<string, Tensor> = {};
  for (let layer = 0; layer < numLayers; layer++) {
    const columns = layer === 0 ? inputSize : hidden;
    const [ih, hh] = [Tensor.zeros([4 * hidden, columns]), Tensor.zeros([4 * hidden, hidden])];
    for (let row = 0; row < 4 * hidden; row++) {
      ih.data.set(take(columns), row * columns);
      hh.data.set(take(hidden), row * hidden);
    }
    stateDict[`weight_ih_l${layer}`] = ih;
    stateDict[`weight_hh_l${layer}`] = hh;
    stateDict[`bias_ih_l${layer}`] = new Tensor(take(4 * hidden).slice(), [4 * hidden]);
    stateDict[`bias_hh_l${layer}`] = Tensor.zeros([4 * hidden]);
    state.h.data.set(take(hidden), layer * hidden);
    state.c.data.set(take(hidden), layer * hidden);
  }
  const head = { weight: new Tensor(take(hidden).slice(), [1, hidden]), bias: new Tensor(take(1).slice(), [1]) };
  return [
    recurrent("lstm", "LSTM", stateDict, state),
    { name: "head", kind: "Linear", options: { inFeatures: hidden, outFeatures: 1, bias: true }, stateDict: head },
  ];
}
