import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Tensor } from "lstm-wasm";
import { load, type OnnxLayer } from "lstm-wasm/onnx";
import { readBytes } from "../files.js";
import { type LayerOptions, prefixOf, together } from "../layers.js";
import type { Layer, ModelFile, OpenOptions } from "../model.js";

export async function read(bytes: Uint8Array, _: OpenOptions, path: string): Promise<ModelFile> {
  const { layers } = load(bytes, { externalData: filesBeside(path, Buffer.from(bytes)) });
  const count = layers.length;

  return {
    format: "ONNX",
    layers: layers.map((layer) => asLayer(layer, prefixOf(layer.name, count))),
    refused: [],
    tensors: together(layers),
    skipped: [],
    stateDict: false,
    notes: [],
    lost: "of the graph only its recurrent layers are taken",
  };
}

/** The files of the same folder that the model says its weights lie in. */
function filesBeside(path: string, model: Buffer): Record<string, Uint8Array> {
  if (!model.includes("location")) return {};
  const folder = dirname(path);
  const named = readdirSync(folder).filter((name) => {
    const { length } = Buffer.from(name);
    // In protobuf: the key "location", then the value's field, its length below 128, and itself.
    return length < 128 && model.includes(`location\u0012${String.fromCharCode(length)}${name}`);
  });
  return Object.fromEntries(named.map((name) => [name, readBytes(join(folder, name))]));
}

function asLayer(layer: OnnxLayer, prefix: string): Layer {
  const { name, kind, options, stateDict, attributes } = layer;
  const { direction, h0, c0, sequenceLens, quantized } = attributes;
  const reverse = direction === "reverse";
  const notes: string[] = [];
  if (reverse) notes.push("it reads each sequence from its end, which PyTorch's modules do in both directions only");
  if (h0 === "computed" || c0 === "computed")
    notes.push("the model is given its first states or computes them; zeros are taken");
  if (typeof h0 === "object" || typeof c0 === "object") notes.push("the model has the values that it starts from");
  if (sequenceLens) notes.push("the model gives sequences lengths of their own");
  if (quantized && !stateDict.weight_ih_l0?.quantization) {
    notes.push("its weights are integers, not all of which int8 has; they become float32");
  }

  const state = { h: typeof h0 === "object" ? h0 : undefined, c: typeof c0 === "object" ? c0 : undefined };
  const some = state.h ?? state.c;
  return {
    name,
    kind,
    options: options as LayerOptions,
    stateDict,
    prefix,
    backwards: reverse && "inputs",
    state: some && {
      h: state.h ?? Tensor.zeros(some.shape),
      ...(kind === "LSTM" && { c: state.c ?? Tensor.zeros(some.shape) }),
    },
    notes,
    create: () => layer.create({ flipped: reverse }),
  };
}
