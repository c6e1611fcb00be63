import { read as readTorch } from "lstm-wasm/pytorch";
import type { Model, Note } from "../model.js";
import { stateDictModel } from "../state-dict.js";

export function read(bytes: Uint8Array): Model {
  const { stateDict, path, stripped, skipped } = readTorch(bytes, { skipUnsupported: true });
  const notes: Note[] = [
    ...(path.length > 0 ? [{ name: "under", value: path.join(", ") } as const] : []),
    ...stripped.map((value) => ({ name: "stripped", value }) as const),
    ...(skipped.length > 0 ? [{ name: "skipped", value: skipped.join(", ") } as const] : []),
  ];
  return stateDictModel("pytorch", stateDict, notes);
}
