/** Models of amplifiers and effects: which of the formats it is, and what all of them have in common. */
import { describe } from "../../checks/describe.js";
import { mustBe } from "../../checks/must-be.js";
import { type JsonObject, objectIn, ownValue } from "../json-objects.js";
import { invalid, parse } from "./json.js";
import type { AudioLayer, AudioModel } from "./model.js";
import { readNam } from "./nam.js";
import { readRTNeural } from "./rtneural.js";
import { isRecurrent, readGuitarML, readStateDict } from "./state-dict.js";

/**
 * The layers of a model of an amplifier or an effect, with state dicts under PyTorch's names: JSON of RTNeural and AIDA-X, of
 * GuitarML (Proteus, NeuralPi and others), a state dict in JSON, or a `.nam` file of Neural Amp Modeler with an LSTM.
 *
 * @param text what the file holds, decoded: it is taken as text because worklets cannot decode bytes
 * @throws LSTMError `FILE` for text that is no such model, or has a layer that is not read: the message names it
 */
export function load(text: string): AudioModel {
  if (typeof text !== "string") throw mustBe("FILE", "text", "the file's text, a string", text);
  const file = parse(text);
  const { format, layers } = read(file);
  if (!layers.some(isRecurrent)) throw invalid("it has no LSTM, GRU or RNN");
  // Each layer must read what the one before it gives: nothing else would notice before it runs.
  let width: number | undefined;
  let inputSize = 0;
  for (const layer of layers) {
    const [input, output] = widths(layer) ?? [width, width];
    if (input !== (width ?? input))
      throw invalid(`layer ${layer.name} reads ${input} values, and ${width} come before it`);
    inputSize ||= input ?? 0;
    width = output;
  }
  const skip = ownValue(objectIn(file, "model_data"), "skip") ?? ownValue(file, "in_skip") ?? 0;
  if (skip !== 0 && skip !== 1) throw invalid(`skip and in_skip must be 0 or 1, got ${describe(skip)}`);
  const gain = ownValue(file, "out_gain");
  const rate = ownValue(file, "sample_rate") ?? ownValue(file, "samplerate");
  return {
    format,
    inputSize,
    outputSize: width as number,
    layers,
    skip: skip === 1,
    gain: typeof gain === "number" ? 10 ** (gain / 20) : 1,
    sampleRate: typeof rate === "number" && rate > 0 ? rate : undefined,
  };
}

function read(file: JsonObject): Pick<AudioModel, "format" | "layers"> {
  const has = (name: string) => ownValue(file, name) !== undefined;
  if (has("architecture")) return { format: "NAM", layers: readNam(file) };
  if (has("layers")) return { format: "RTNeural", layers: readRTNeural(file) };
  if (has("state_dict")) return { format: "GuitarML", layers: readGuitarML(file) };
  return { format: "state dict", layers: readStateDict(file) };
}

/** Values that go into a layer for each sample, and that come out; undefined for one that keeps their number. */
function widths(layer: AudioLayer): readonly [number, number] | undefined {
  const { options } = layer;
  if ("hiddenSize" in options) return [options.inputSize, options.hiddenSize];
  if ("inFeatures" in options) return [options.inFeatures, options.outFeatures];
  return undefined;
}
