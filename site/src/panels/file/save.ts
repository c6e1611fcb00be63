/** A file for the visitor to keep, from what was read. */
import type { Layer, Model, Nonlinearity } from "./model.js";
import { Problem } from "./problem.js";

/** What is saved: one layer in either format, or all tensors of the file. */
export type Saved = "layer.safetensors" | "layer.onnx" | "all.safetensors";

export async function save(
  what: Saved,
  model: Model,
  layer: Layer,
  nonlinearity: Nonlinearity,
): Promise<Uint8Array<ArrayBuffer>> {
  if (what === "layer.onnx") return onnx(layer, nonlinearity);
  const { save: write } = await import("lstm-wasm/safetensors");
  return write(what === "all.safetensors" ? model.tensors : layer.stateDict, { format: "pt" });
}

async function onnx(layer: Layer, nonlinearity: Nonlinearity): Promise<Uint8Array<ArrayBuffer>> {
  // The file would not say so, and read the sequence from its beginning.
  if (layer.backwards) throw new Problem("onnxBackwards", layer.name);
  const { save: write } = await import("lstm-wasm/onnx");
  const module = layer.create(nonlinearity);
  try {
    return write(module);
  } finally {
    module.dispose();
  }
}
