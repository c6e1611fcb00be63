/** Which arrays of an HDF5 file belong to which layer: by groups and names in Keras 2, by places in Keras 3. */
import { quote } from "../json-reader.js";
import { invalid, type LayerConfig } from "./config.js";
import type { Hdf5Group } from "./hdf5.js";
import { type ArraysOf, PARAMETER } from "./sources.js";
import type { NamedArray } from "./tfjs.js";

/** The groups of an HDF5 file of Keras 2, in the order of its `layer_names`, with the arrays of each. */
export function legacyGroups(weights: Hdf5Group): [name: string, arrays: NamedArray[]][] {
  const names = weights.texts("layer_names") ?? [];
  return names.map((name) => {
    const group = weights.child(name);
    if (group === undefined) throw invalid(`it has no group ${quote(name)} (a truncated file?)`);
    const arrays = (group.texts("weight_names") ?? []).filter((weight) => PARAMETER.test(weight));
    return [name, arrays.map((weight) => group.array(weight))];
  });
}

export function byGroup(weights: Hdf5Group): ArraysOf {
  const groups = new Map(legacyGroups(weights));
  return ({ name }) => (groups.get(name) ?? []).map((array) => array.read());
}

/** Where Keras 3 puts the arrays of a layer, below its group. */
const PLACES = ["vars", "cell/vars", "layer/vars", "forward_layer/cell/vars", "backward_layer/cell/vars"];

/** The arrays below a layer's group in a file of Keras 3. */
export function arraysBelow(group: Hdf5Group): NamedArray[] {
  return PLACES.flatMap((place) => {
    const vars = group.child(place);
    if (vars === undefined) return [];
    return vars.names.filter((name) => /^\d+$/.test(name)).map((name) => vars.array(name));
  });
}

/** By the layers' classes, counted: `layers/lstm`, `layers/lstm_1`. */
export function byPlace(file: Hdf5Group, layers: readonly LayerConfig[]): ArraysOf {
  const places = new Map<LayerConfig, string>();
  const counts = new Map<string, number>();
  for (const layer of layers) {
    const plain = snakeCase(layer.className);
    const count = counts.get(plain) ?? 0;
    counts.set(plain, count + 1);
    places.set(layer, count === 0 ? plain : `${plain}_${count}`);
  }
  return (layer) => {
    const group =
      file.child(`layers/${places.get(layer)}`) ?? file.child(`_layer_checkpoint_dependencies/${places.get(layer)}`);
    return group === undefined ? [] : arraysBelow(group).map((array) => array.read());
  };
}

/** As Keras turns a class into a name: `SimpleRNN` to `simple_rnn`. */
const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
