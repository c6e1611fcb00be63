import { LARGEST } from "./body.js";
import { Refusal } from "./refusal.js";

/** How many bytes of text are at work at the same time: four of the largest texts, which keep a CPU busy for some two seconds. */
const MOST = 4 * LARGEST;

let reading = 0;

/**
 * Runs the work on a text, unless too much is under way already. To refuse at once is better than to let all clients wait
 * until they give up.
 *
 * @param bytes the size of the text
 * @throws Refusal 503
 */
export async function admit<T>(bytes: number, work: () => Promise<T>): Promise<T> {
  if (reading + bytes > MOST) throw new Refusal(503, "too many texts at once, try again", { "retry-after": "1" });
  reading += bytes;
  try {
    return await work();
  } finally {
    reading -= bytes;
  }
}

/** How many UTF-16 units of all texts are read in this turn of the event loop. */
let turn = 0;

/**
 * The text in pieces of at most `length` UTF-16 units. A worker has one thread, so between two pieces the event loop has a
 * turn, in which other requests come in, are answered or are given up; in one turn fewer than twice `length` are read, of
 * all texts together. The work ends if its client has gone.
 */
export async function* pieces(text: string, length: number, signal: AbortSignal): AsyncGenerator<string> {
  for (let start = 0; start < text.length; start += length) {
    do await nextTurn();
    while (turn >= length);
    if (signal.aborted) throw new Refusal(499, "the client has gone"); // nobody hears this
    const piece = text.slice(start, start + length);
    turn += piece.length;
    try {
      yield piece;
      await nextTurn();
    } finally {
      turn -= piece.length;
    }
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
