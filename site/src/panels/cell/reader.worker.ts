import type { StateDict } from "lstm-wasm";
import { load } from "lstm-wasm/safetensors";
import gruUrl from "../../../../examples/digits/data/gru.safetensors?url";
import lstmUrl from "../../../../examples/digits/data/lstm.safetensors?url";
import rnnUrl from "../../../../examples/digits/data/rnn.safetensors?url";
import { CELLS, type CellName, loadModel } from "../../../../examples/digits/model.js";
import modelUrl from "../../../../examples/pinyin/data/g2pm.safetensors?url";
import vocabularyUrl from "../../../../examples/pinyin/data/vocab.json?url";
import { Pinyin } from "../../../../examples/pinyin/pinyin.js";
import { expose } from "../../worker.js";
import { type DigitReader, readDigits } from "./read-digits.js";
import { type PinyinReader, readPinyin } from "./read-pinyin.js";
import type { Story } from "./story.js";

/** The models that the panel shows, each loaded at its first text. */
export class Reader {
  #pinyin: Promise<PinyinReader> | undefined;
  #digits: Promise<readonly DigitReader[]> | undefined;

  async pinyin(text: string): Promise<Story> {
    this.#pinyin ??= loadPinyin();
    return readPinyin(await this.#pinyin, text);
  }

  async digits(text: string): Promise<Story> {
    this.#digits ??= Promise.all(CELLS.map(loadDigits));
    return readDigits(await this.#digits, text);
  }
}

async function loadPinyin(): Promise<PinyinReader> {
  const [model, vocabulary] = await Promise.all([get(modelUrl), get(vocabularyUrl)]);
  const bytes = await model.arrayBuffer();
  return { pinyin: new Pinyin(bytes, await vocabulary.json()), weights: load(bytes) };
}

const DIGIT_MODELS: Record<CellName, string> = { rnn: rnnUrl, gru: gruUrl, lstm: lstmUrl };

async function loadDigits(cell: CellName): Promise<DigitReader> {
  const weights: StateDict = load(await (await get(DIGIT_MODELS[cell])).arrayBuffer());
  return { cell, model: loadModel(cell, weights), weights };
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} could not be loaded: ${response.status} ${response.statusText}`);
  return response;
}

expose(new Reader());
