import { byLength, type Example, pack, unpack } from "./batches.js";
import { PIECE_ENDS } from "./corpus.js";
import type { Tagger } from "./tagger.js";
import { decode, mostLikely, TAGS } from "./tags.js";

/** Cuts Chinese text into words with a trained model. */
export class Segmenter {
  readonly #tagger: Tagger;

  constructor(tagger: Tagger) {
    tagger.train(false);
    this.#tagger = tagger;
  }

  /** The words of each text. White space parts words and is left out. */
  segment(texts: readonly string[]): string[][] {
    const { vocabulary } = this.#tagger;
    const pieces = texts.flatMap((text, line) =>
      piecesOf(text).map((piece) => {
        const characters = [...piece];
        return { line, characters, ids: characters.map((one) => vocabulary.id(one)), tags: [] };
      }),
    );
    const logits = new Map<Example, Float32Array>();
    for (const [example, rows] of answers(this.#tagger, pieces)) logits.set(example, rows);
    const result: string[][] = texts.map(() => []);
    for (const piece of pieces) {
      const words = decode(piece.characters, mostLikely(logits.get(piece) as Float32Array));
      result[piece.line]?.push(...words);
    }
    return result;
  }
}

/** As the training text was cut: after the ends of sentences and clauses. */
function piecesOf(text: string): string[] {
  return text.match(new RegExp(`[^${PIECE_ENDS}\\s]*[${PIECE_ENDS}]|[^${PIECE_ENDS}\\s]+`, "gu")) ?? [];
}

/** The logits of each example, (length, 4), in whatever order is fastest. */
export function* answers<T extends Example>(tagger: Tagger, examples: readonly T[]): Generator<[T, Float32Array]> {
  for (const group of byLength(examples, ({ ids }) => ids.length)) {
    const batch = pack(group);
    const rows = unpack(tagger.forward(batch).data, batch, TAGS);
    for (const [index, example] of group.entries()) yield [example, rows[index] as Float32Array];
  }
}
