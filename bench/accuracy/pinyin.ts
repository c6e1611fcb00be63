/** How Chinese is read: examples/pinyin, a bidirectional LSTM(64, 32), on its 303 sentences. */
import { readFileSync } from "node:fs";
import { readModel } from "../../examples/pinyin/model.js";
import { Pinyin } from "../../examples/pinyin/pinyin.js";
import type { Variant } from "../../examples/variant.js";
import { changes, compared, type Each } from "./variants.js";

/** Sentences, the first ones. */
const CALIBRATION = 30;

export interface PinyinFigures {
  /** Characters that the model reads; those with one reading are the dictionary's. */
  readonly characters: number;
  readonly sentences: number;
  readonly changed: Each<{ readonly characters: number; readonly sentences: number }>;
}

export function pinyin(): PinyinFigures {
  const data = (name: string) => {
    return JSON.parse(readFileSync(new URL(`../../examples/pinyin/data/${name}`, import.meta.url), "utf8"));
  };
  const texts: string[] = data("cases.json").map(({ text }: { text: string }) => text);
  const vocabulary = data("vocab.json");
  let characters = 0;
  const read = (variant: Variant, sentences: readonly string[]) => {
    const model = new Pinyin(readModel(), vocabulary, variant);
    const readings = model.readAll(sentences);
    model.dispose();
    return readings;
  };
  const changed = compared(
    (variant) => read(variant, texts.slice(0, CALIBRATION)),
    (variant) => {
      const sentences = read(variant, texts).map((readings) =>
        readings.filter(({ probability }) => probability !== undefined),
      );
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
