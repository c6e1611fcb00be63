import { read as readTorch } from "lstm-wasm/pytorch";
import type { ModelFile, OpenOptions } from "../model.js";
import { stateDictFile } from "../state-dict.js";

export async function read(bytes: Uint8Array, options: OpenOptions): Promise<ModelFile> {
  const { key } = options;
  const { stateDict, path, stripped, skipped } = readTorch(bytes, { key, skipUnsupported: true });
  const notes: string[] = [];
  if (path.length > 0) notes.push(`the state dict lies under ${path.join(", ")}`);
  for (const prefix of stripped) notes.push(`${prefix} was taken off the names`);
  return stateDictFile("PyTorch (torch.save)", stateDict, options, {
    notes,
    skipped: skipped.map((name) => `${name} is no tensor of float32, float16, bfloat16 or float64`),
  });
}
