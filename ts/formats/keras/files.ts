/** Keras's own files, in HDF5: this part, with the libraries it needs, is loaded when the first such file comes. */
import { describe } from "../../checks/describe.js";
import { quote } from "../json-reader.js";
import { lookalike } from "../lookalikes.js";
import { unzip } from "../unzip.js";
import { decodeUtf8 } from "../utf8.js";
import { ZipArchive } from "../zip.js";
import { invalid, parseJson, readConfig } from "./config.js";
import { GATES, type Kind } from "./gates.js";
import { Hdf5Group } from "./hdf5.js";
import { makeLayer } from "./layer.js";
import { arraysBelow, byGroup, byPlace, legacyGroups } from "./places.js";
import { fileOf, type KerasFile } from "./result.js";
import type { NamedArray } from "./tfjs.js";

/** A `.keras` file. */
export function readArchive(bytes: Uint8Array): KerasFile {
  const archive = new ZipArchive(bytes, (why, options) => invalid(why, options as { cause: unknown } | undefined));
  const [CONFIG, WEIGHTS] = ["config.json", "model.weights.h5"];
  if (!archive.names.includes(CONFIG))
    throw invalid(`it is a zip archive without config.json${lookalike(bytes, "Keras")}`);
  const files = unzip(archive, [CONFIG, WEIGHTS]);
  const config = readConfig(
    parseJson(
      CONFIG,
      decodeUtf8(files.get(CONFIG) as Uint8Array, () => invalid(`${CONFIG} is not UTF-8`)),
    ),
  );
  const weights = Hdf5Group.open(files.get(WEIGHTS) as Uint8Array);
  return fileOf(config, byPlace(weights, config.layers));
}

/** An `.h5` or `.hdf5` file: a whole model, or weights alone. */
export function readHdf5(bytes: Uint8Array): KerasFile {
  const file = Hdf5Group.open(bytes);
  const text = file.text("model_config");
  if (text !== undefined) {
    const weights = file.child("model_weights");
    if (weights === undefined) throw invalid("it has a model_config and no model_weights");
    return fileOf(readConfig(parseJson("model_config", text)), byGroup(weights));
  }
  return weightsAlone(file.child("model_weights") ?? file);
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
