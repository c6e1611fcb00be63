import { load, loadMetadata } from "lstm-wasm/safetensors";
import type { ModelFile, OpenOptions } from "../model.js";
import { stateDictFile } from "../state-dict.js";

export async function read(bytes: Uint8Array, options: OpenOptions): Promise<ModelFile> {
  const metadata = loadMetadata(bytes);
  const tensors = load(bytes, { skipUnsupported: true });
  const dtypes = dtypesOf(bytes);
  // The scales of integer weights are a part of these.
  const read = new Set(
    Object.entries(tensors).flatMap(([name, one]) => [name, ...(one.quantization ? [`${name}.scale`] : [])]),
  );
  const skipped = Object.entries(dtypes).flatMap(([name, dtype]) => (read.has(name) ? [] : [`${name} is ${dtype}`]));
  return stateDictFile("safetensors", tensors, options, { metadata, dtypes, skipped });
}

/** How each tensor is stored. `load` has checked the header: its length, and JSON of that length. */
function dtypesOf(bytes: Uint8Array): Record<string, string> {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  const dtypes: Record<string, string> = Object.create(null);
  for (const [name, entry] of Object.entries<{ dtype: string }>(JSON.parse(header)))
    if (name !== "__metadata__") dtypes[name] = entry.dtype;
  return dtypes;
}
