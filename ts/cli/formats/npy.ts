import { loadNpy, loadNpz } from "lstm-wasm/npy";
import type { ModelFile, OpenOptions } from "../model.js";
import { stateDictFile } from "../state-dict.js";

export async function readArchive(bytes: Uint8Array, options: OpenOptions): Promise<ModelFile> {
  const tensors = await loadNpz(bytes, { skipUnsupported: true });
  return stateDictFile("NumPy .npz", tensors, options);
}

export async function readOne(bytes: Uint8Array): Promise<ModelFile> {
  const tensors = { array: loadNpy(bytes) };
  return { format: "NumPy .npy", layers: [], refused: [], tensors, skipped: [], stateDict: false, notes: [] };
}
