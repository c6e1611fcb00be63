import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Pinyin } from "./pinyin.js";

const data = join(import.meta.dirname, "data");

/** The bytes of the model's safetensors file. */
export const readModel = (): Uint8Array => readFileSync(join(data, "g2pm.safetensors"));

export function loadPinyin(): Pinyin {
  return new Pinyin(readModel(), JSON.parse(readFileSync(join(data, "vocab.json"), "utf8")));
}
