/** How Chinese is read: examples/pinyin, a bidirectional LSTM(64, 32), on its 303 sentences. */
import { readFileSync } from "node:fs";
import { readModel } from "../../examples/pinyin/model.js";
import { Pinyin } from "../../examples/pinyin/pinyin.js";
import { changes, compared, type Each } from "./variants.js";

export interface PinyinFigures {
  /** Characters that the model reads; those with one reading are the dictionary's. */
  readonly characters: number;
  readonly sentences: number;
  readonly changed: Each<{ readonly characters: number; readonly sentences: number }>;
}

export function pinyin(): PinyinFigures {
  const read = (name: string) => {
    return JSON.parse(readFileSync(new URL(`../../examples/pinyin/data/${name}`, import.meta.url), "utf8"));
  };
  const texts: string[] = read("cases.json").map(({ text }: { text: string }) => text);
  const vocabulary = read("vocab.json");
  let characters = 0;
  const changed = compared(
    (variant) => {
      const model = new Pinyin(readModel(), vocabulary, variant);
      const sentences = model
        .readAll(texts)
        .map((readings) => readings.filter(({ probability }) => probability !== undefined));
      model.dispose();
      characters = sentences.flat().length;
      return sentences.map((readings) => readings.map((reading) => reading.pinyin));
    },
    (own, float32) => ({
      characters: changes(own.flat(), float32.flat()),
      sentences: changes(own.map(String), float32.map(String)),
    }),
  );
  return { characters, sentences: texts.length, changed };
}
