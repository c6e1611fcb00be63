import { GRU, type GRUStream, type Tensor } from "lstm-wasm";
import { Embedding, Linear } from "lstm-wasm/nn";
import { load, loadMetadata } from "lstm-wasm/safetensors";

/** As in g2p-en: a word has no more phonemes than these. */
const MOST_PHONEMES = 20;

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

  /** @param model the bytes of `data/g2p.safetensors` */
  constructor(model: ArrayBuffer | Uint8Array) {
    const weights = load(model);
    const { graphemes = "[]", phonemes = "[]" } = loadMetadata(model);
    this.#graphemes = JSON.parse(graphemes);
    this.#phonemes = JSON.parse(phonemes);
    this.#letters = Embedding.fromStateDict(weights, { prefix: "encoder.embedding." });
    this.#encoder = GRU.fromStateDict(weights, { prefix: "encoder.gru." });
    this.#sounds = Embedding.fromStateDict(weights, { prefix: "decoder.embedding." });
    this.#decoder = GRU.fromStateDict(weights, { prefix: "decoder.gru." });
    this.#stream = this.#decoder.stream();
    this.#scores = Linear.fromStateDict(weights, { prefix: "decoder.linear." });
  }

  /** The phonemes of a word in lower case. */
  read(word: string): string[] {
    const [, hn] = this.#encoder.forward(this.#letters.forward(this.#numbers(word)));
    this.#stream.state = { h: hn };
    const end = this.#phonemes.indexOf("</s>");
    let phoneme = this.#phonemes.indexOf("<s>");
    const found: string[] = [];
    while (found.length < MOST_PHONEMES) {
      const h = this.#stream.step(this.#sounds.forward([phoneme]));
      phoneme = largest(this.#scores.forward([h]));
      if (phoneme === end) break;
      found.push(this.#phonemes[phoneme] as string);
    }
    return found;
  }

  /** Each letter as the model numbers it, and the end of the word. */
  #numbers(word: string): number[] {
    const unknown = this.#graphemes.indexOf("<unk>");
    return [...word, "</s>"].map((letter) => {
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
