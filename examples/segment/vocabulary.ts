import type { Piece } from "./corpus.js";

/** What fills the short pieces of a batch. */
export const PADDING = 0;
/** Any character the model has not met. */
export const UNKNOWN = 1;
const RESERVED = 2;

/** The characters a model knows, by their row in the embedding. */
export class Vocabulary {
  /** Its characters from row 2 on, as they are saved with the model. */
  readonly characters: string;
  /** How many rows the embedding has. */
  readonly size: number;
  readonly #ids: ReadonlyMap<string, number>;

  constructor(characters: string) {
    const all = [...characters];
    this.characters = characters;
    this.size = RESERVED + all.length;
    this.#ids = new Map(all.map((character, index) => [character, RESERVED + index]));
  }

  /** The characters seen at least twice, in order of first appearance: the rare ones teach what UNKNOWN means. */
  static of(pieces: readonly Piece[]): Vocabulary {
    const counts = new Map<string, number>();
    for (const piece of pieces) {
      for (const word of piece) for (const one of word) counts.set(one, (counts.get(one) ?? 0) + 1);
    }
    return new Vocabulary([...counts].flatMap(([character, count]) => (count > 1 ? character : [])).join(""));
  }

  /** The newspaper writes digits and letters as wide as its characters: １９９８. Where it is at a loss, 1998 is that. */
  id(character: string): number {
    return this.#ids.get(character) ?? this.#ids.get(wide(character)) ?? UNKNOWN;
  }
}

/** U+FF01 to U+FF5E are ASCII's ! to ~, wide. */
function wide(character: string): string {
  return /^[!-~]$/.test(character) ? String.fromCharCode(character.charCodeAt(0) + 0xfee0) : character;
}
