import { GRU, type GRUStream, type Tensor } from "lstm-wasm";
import { Embedding, Linear } from "lstm-wasm/nn";
import { load, loadMetadata } from "lstm-wasm/safetensors";
import { unchanged } from "../variant.js";

/** As in g2p-en: a word has no more phonemes than these. */
const MOST_PHONEMES = 20;
/** What stands before the first phoneme, and behind the last. */
const [START, END] = ["<s>", "</s>"];

/**
 * How English words sound: g2p-en's model on lstm-wasm. A GRU reads the letters; another begins with the state that the first
 * ended with, and writes phoneme after phoneme. Takes bytes, so it runs wherever lstm-wasm does.
 *
 * ```ts
 * const phonemes = new Phonemes(await (await fetch("g2p.safetensors")).arrayBuffer());
 * phonemes.read("selfie"); // ["S", "EH1", "L", "F", "IY0"]
 * ```
 */
export class Phonemes {
  readonly #graphemes: readonly string[];
  readonly #phonemes: readonly string[];
  readonly #encoder: GRU;
  readonly #decoder: GRU;
  readonly #stream: GRUStream;
  readonly #letters: Embedding;
  readonly #sounds: Embedding;
  readonly #scores: Linear;

  /**
   * @param model the bytes of `data/g2p.safetensors`
   * @param variant what becomes of each GRU
   */
  constructor(model: ArrayBuffer | Uint8Array, variant = unchanged) {
    const weights = load(model);
    const { graphemes = "[]", phonemes = "[]" } = loadMetadata(model);
    this.#graphemes = JSON.parse(graphemes);
    this.#phonemes = JSON.parse(phonemes);
    this.#letters = Embedding.fromStateDict(weights, { prefix: "encoder.embedding." });
    this.#encoder = variant(GRU.fromStateDict(weights, { prefix: "encoder.gru." }));
    this.#sounds = Embedding.fromStateDict(weights, { prefix: "decoder.embedding." });
    this.#decoder = variant(GRU.fromStateDict(weights, { prefix: "decoder.gru." }));
    this.#stream = this.#decoder.stream();
    this.#scores = Linear.fromStateDict(weights, { prefix: "decoder.linear." });
  }

  /** The phonemes of a word in lower case. */
  read(word: string): string[] {
    this.#hear(word);
    const found: string[] = [];
    let phoneme = this.#next(START);
    while (phoneme !== END && found.length < MOST_PHONEMES) {
      found.push(phoneme);
      phoneme = this.#next(phoneme);
    }
    return found;
  }

  /** What the model would write first, and after each of these phonemes: "</s>" where the word would end. */
  decisions(word: string, phonemes: readonly string[]): string[] {
    this.#hear(word);
    return [START, ...phonemes].map((phoneme) => this.#next(phoneme));
  }

  /** The decoder begins with the state that the encoder ends with. */
  #hear(word: string): void {
    const [, hn] = this.#encoder.forward(this.#letters.forward(this.#numbers(word)));
    this.#stream.state = { h: hn };
  }

  /** The phoneme that the decoder writes after this one. */
  #next(phoneme: string): string {
    const h = this.#stream.step(this.#sounds.forward([this.#phonemes.indexOf(phoneme)]));
    return this.#phonemes[largest(this.#scores.forward([h]))] as string;
  }

  /** Each letter as the model numbers it, and the end of the word. */
  #numbers(word: string): number[] {
    const unknown = this.#graphemes.indexOf("<unk>");
    return [...word, END].map((letter) => {
      const number = this.#graphemes.indexOf(letter);
      return number < 0 ? unknown : number;
    });
  }

  /** Frees the model's memory. */
  dispose(): void {
    for (const part of [this.#stream, this.#encoder, this.#decoder, this.#letters, this.#sounds, this.#scores]) {
      part.dispose();
    }
  }
}

/** The index of the largest value, the first of several. */
function largest({ data }: Tensor): number {
  return data.reduce((best, value, index) => (value > (data[best] as number) ? index : best), 0);
}

/**
 * The words of a text as g2p-en takes them: in lower case, without accents, apostrophes and hyphens only within. Unlike
 * g2p-en, it drops punctuation, and knows no numbers.
 */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase()
    .replace(/\s+/g, " ");
  const kept = plain.replace(/[^ a-z'.,?!-]/g, "");
  const spoken = kept.replaceAll("i.e.", "that is").replaceAll("e.g.", "for example");
  return spoken.match(/[a-z][a-z'-]*[a-z]|[a-z]/g) ?? [];
}
