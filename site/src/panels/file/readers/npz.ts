import { loadNpz } from "lstm-wasm/npy";
import type { Model } from "../model.js";
import { stateDictModel } from "../state-dict.js";

export const read = async (bytes: Uint8Array): Promise<Model> =>
  stateDictModel("npz", await loadNpz(bytes, { skipUnsupported: true }));
