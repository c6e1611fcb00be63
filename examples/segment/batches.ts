import { mulberry32 } from "../mulberry32.js";
import type { Piece } from "./corpus.js";
import { encode, type Tag } from "./tags.js";
import type { Vocabulary } from "./vocabulary.js";

/** A piece as the model sees it. */
export interface Example {
  readonly ids: readonly number[];
  readonly tags: readonly Tag[];
}

/** The characters of a piece by their rows in the embedding, and their tags. */
export function exampleOf(vocabulary: Vocabulary, piece: Piece): Example {
  return { ids: [...piece.join("")].map((character) => vocabulary.id(character)), tags: encode(piece) };
}

/** Pieces packed as `packSequence` would: all first characters, then all second ones, longest piece first. No padding. */
export interface Batch {
  /** (characters) */
  readonly ids: Int32Array;
  /** (characters) */
  readonly tags: Int32Array;
  /** (longest): how many pieces have so many characters. */
  readonly sizes: Int32Array;
}

/** How many pieces go through the model at once. */
const BATCH = 16;

/** An array cut into batches of like length, each longest first. The order of what is of equal length stays. */
export function byLength<T>(all: readonly T[], length: (one: T) => number): T[][] {
  const sorted = [...all].sort((a, b) => length(b) - length(a));
  return Array.from({ length: Math.ceil(sorted.length / BATCH) }, (_, i) => sorted.slice(i * BATCH, (i + 1) * BATCH));
}

/** An epoch's batches: the same for the same seed and epoch, so that training can go on in its middle. */
export function trainingBatches(examples: readonly Example[], seed: number, epoch: number): Batch[] {
  const random = mulberry32(Math.imul(seed, 0x9e3779b1) + epoch);
  const batches = byLength(shuffled(examples, random), ({ ids }) => ids.length);
  return shuffled(batches, random).map(pack);
}

/** @param examples longest first, none empty */
export function pack(examples: readonly Example[]): Batch {
  const longest = examples[0]?.ids.length ?? 0;
  const characters = examples.reduce((sum, { ids }) => sum + ids.length, 0);
  const [ids, tags] = [new Int32Array(characters), new Int32Array(characters)];
  const sizes = new Int32Array(longest);
  let row = 0;
  for (let step = 0; step < longest; step++) {
    const begin = row;
    for (const example of examples) {
      if (example.ids.length <= step) break;
      ids[row] = example.ids[step] as number;
      tags[row++] = example.tags[step] ?? 0;
    }
    sizes[step] = row - begin;
  }
  return { ids, tags, sizes };
}

/** The rows of a batch piece by piece again: `values` is (characters, width), and so is each part. */
export function unpack(values: Float32Array, { sizes }: Batch, width: number): Float32Array[] {
  return Array.from({ length: sizes[0] ?? 0 }, (_, piece) => {
    const length = sizes.reduce((sum, size) => sum + (size > piece ? 1 : 0), 0);
    const rows = new Float32Array(length * width);
    let row = piece;
    for (let step = 0; step < length; step++) {
      rows.set(values.subarray(row * width, (row + 1) * width), step * width);
      row += sizes[step] as number;
    }
    return rows;
  });
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  const result = [...all];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
