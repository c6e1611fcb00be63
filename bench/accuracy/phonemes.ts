/** How English words sound: examples/phonemes, two GRU(256, 256), on 420 words, of which 411 are in no dictionary. */
import { readFileSync } from "node:fs";
import leven from "leven";
import { Phonemes, wordsOf } from "../../examples/phonemes/phonemes.js";
import { changes, compared, type Each, VARIANTS } from "./variants.js";

export interface PhonemesFigures {
  readonly words: number;
  readonly phonemes: number;
  /** As many as phonemes, and one more for the end of each word. */
  readonly decisions: number;
  readonly changed: Each<{
    /** Words with any other phoneme. */
    readonly words: number;
    /** Phonemes put in, left out or replaced: the model reads what it wrote, so one that is other changes those behind it. */
    readonly phonemes: number;
    /** What the model writes next where all that stands before is float32's. */
    readonly decisions: number;
  }>;
}

export function phonemes(): PhonemesFigures {
  const data = (name: string) => readFileSync(new URL(`../../examples/phonemes/data/${name}`, import.meta.url));
  const model = data("g2p.safetensors");
  const words = Object.keys(JSON.parse(data("cases.json").toString()).words);
  const reader = new Phonemes(model, VARIANTS.float32);
  const exact = words.map((word) => reader.read(word));
  const usual = words.map((word, i) => reader.decisions(word, exact[i] as string[]));
  reader.dispose();
  // The licence's words: an English text of some length that stays as it is.
  const others = new Set(wordsOf(data("LICENSE").toString()));
  for (const word of words) others.delete(word);
  const changed = compared(
    (variant) => {
      const reader = new Phonemes(model, variant);
      for (const word of others) reader.read(word);
      reader.dispose();
    },
    (variant) => {
      const reader = new Phonemes(model, variant);
      const decisions = words.map((word, i) => reader.decisions(word, exact[i] as string[]));
      // What is decided as float32 does all along is also written as float32 does.
      const same = (i: number) => changes(decisions[i] as string[], usual[i] as string[]) === 0;
      const written = words.map((word, i) => (same(i) ? (exact[i] as string[]) : reader.read(word)));
      reader.dispose();
      return { written, decisions: decisions.flat() };
    },
    (own, float32) => {
      const distances = own.written.map((phonemes, i) => distance(phonemes, exact[i] as string[]));
      return {
        words: distances.filter((one) => one > 0).length,
        phonemes: distances.reduce((sum, one) => sum + one, 0),
        decisions: changes(own.decisions, float32.decisions),
      };
    },
  );
  const total = exact.flat().length;
  return { words: words.length, phonemes: total, decisions: total + words.length, changed };
}

/** How many must be put in, left out or replaced to make one of the other. */
function distance(own: readonly string[], other: readonly string[]): number {
  const all = [...new Set([...own, ...other])];
  // A letter for each phoneme: the distance of strings is known.
  const letters = (phonemes: readonly string[]) => String.fromCharCode(...phonemes.map((one) => 97 + all.indexOf(one)));
  return leven(letters(own), letters(other));
}
