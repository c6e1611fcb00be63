import { load } from "lstm-wasm/safetensors";
import type { Model } from "../model.js";
import { stateDictModel } from "../state-dict.js";

export const read = (bytes: Uint8Array): Model => stateDictModel("safetensors", load(bytes, { skipUnsupported: true }));
