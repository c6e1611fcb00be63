/**
 * BMES: what a character is within its word. 0 begins a word, 1 is in its middle, 2 ends it, 3 is a word by itself; the
 * numbers are the columns of the model's output.
 */
export type Tag = 0 | 1 | 2 | 3;

export const TAGS = 4;
const [B, M, E, S] = [0, 1, 2, 3] as const;

/** The tags of the characters of a piece. */
export function encode(words: readonly string[]): Tag[] {
  return words.flatMap((word): Tag[] => {
    const { length } = [...word];
    return length === 1 ? [S] : [B, ...new Array<Tag>(length - 2).fill(M), E];
  });
}

/**
 * Where the words end, in characters. Any tags will do, also those that no words have: a word ends after E and S, before
 * B and S, and where the piece ends.
 */
export function ends(tags: ArrayLike<Tag>): number[] {
  const result: number[] = [];
  for (let i = 0; i < tags.length; i++) {
    const [tag, next] = [tags[i], tags[i + 1]];
    if (tag === E || tag === S || next === B || next === S || next === undefined) result.push(i + 1);
  }
  return result;
}

/** The characters of a piece joined to words. */
export function decode(characters: readonly string[], tags: ArrayLike<Tag>): string[] {
  let start = 0;
  return ends(tags).map((end) => {
    const word = characters.slice(start, end).join("");
    start = end;
    return word;
  });
}

/** The tag with the largest logit for each character, whatever the neighbours are. `logits` is (length, 4). */
export function largest(logits: Float32Array): Tag[] {
  const result: Tag[] = [];
  for (let at = 0; at < logits.length; at += TAGS) {
    let best: Tag = B;
    for (const tag of [M, E, S]) if ((logits[at + tag] as number) > (logits[at + best] as number)) best = tag;
    result.push(best);
  }
  return result;
}

/** What may stand before each tag; of B and S that is also the start of the piece. */
const BEFORE = [
  [E, S],
  [B, M],
  [B, M],
  [E, S],
] as const;

/**
 * The tags with the largest sum of logits among all that words can have: from B or S to E or S, after B and M only M and
 * E. This is Viterbi's algorithm; softmax would subtract the same from all four and change nothing.
 *
 * @param logits (length, 4)
 */
export function mostLikely(logits: Float32Array): Tag[] {
  const length = logits.length / TAGS;
  if (length === 0) return [];
  let score = [logits[B] as number, -Infinity, -Infinity, logits[S] as number];
  const back: (readonly Tag[])[] = [];
  for (let i = 1; i < length; i++) {
    const from = BEFORE.map(([one, other]): Tag => ((score[other] as number) > (score[one] as number) ? other : one));
    score = from.map((tag, to) => (score[tag] as number) + (logits[i * TAGS + to] as number));
    back.push(from);
  }
  let tag: Tag = (score[E] as number) > (score[S] as number) ? E : S;
  const result: Tag[] = [tag];
  for (const from of back.reverse()) {
    tag = from[tag] as Tag;
    result.push(tag);
  }
  return result.reverse();
}

/** How well words were found. */
export interface Score {
  /** The share of found words that are right. */
  readonly precision: number;
  /** The share of right words that were found. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
}

/** Counts the words that were found, piece by piece. A word is right if it starts and ends where a right one does. */
export class Scorer {
  #right = 0;
  #found = 0;
  #both = 0;

  add(right: ArrayLike<Tag>, found: ArrayLike<Tag>): void {
    const [one, other] = [ends(right), ends(found)];
    this.#right += one.length;
    this.#found += other.length;
    for (let i = 0, j = 0; i < one.length && j < other.length; ) {
      const [end, otherEnd] = [one[i] as number, other[j] as number];
      if (end === otherEnd && (one[i - 1] ?? 0) === (other[j - 1] ?? 0)) this.#both++;
      if (end <= otherEnd) i++;
      if (otherEnd <= end) j++;
    }
  }

  /** All 0 as long as no word was right. */
  get score(): Score {
    const share = (of: number): number => (of === 0 ? 0 : this.#both / of);
    return {
      precision: share(this.#found),
      recall: share(this.#right),
      f1: share((this.#found + this.#right) / 2),
    };
  }
}
