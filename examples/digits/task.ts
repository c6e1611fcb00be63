import { Tensor } from "lstm-wasm";
import { mulberry32 } from "../mulberry32.js";

/** The digit that a character is; undefined for every other character. */
const digitOf = (char: string): number | undefined => (/^[0-9]$/.test(char) ? Number(char) : undefined);

/**
 * (T, 2): for a digit d the row [d / 10, 1]; for every other character a number of its own from 0 to 1 and 0, by its place in
 * Unicode, so that "a" to "z" differ. That number is to be ignored.
 */
export function encode(text: string): Tensor {
  const rows = [...text].flatMap((char) => {
    const digit = digitOf(char);
    return digit === undefined ? [((char.codePointAt(0) as number) % 26) / 26, 0] : [digit / 10, 1];
  });
  return new Tensor(Float32Array.from(rows), [rows.length / 2, 2]);
}

/** The right answer after each character: the last digit so far, 0 before the first one. */
export function lastDigits(text: string): number[] {
  let last = 0;
  return [...text].map((char) => {
    last = digitOf(char) ?? last;
    return last;
  });
}

/** Texts of letters in which every tenth character or so is a digit. The same seed draws the same texts. */
export function drawTexts(count: number, length: number, seed: number): string[] {
  const random = mulberry32(seed);
  const below = (end: number) => Math.floor(end * random());
  const draw = () => (random() < 0.1 ? `${below(10)}` : String.fromCharCode(97 + below(26)));
  return Array.from({ length: count }, () => Array.from({ length }, draw).join(""));
}

/** Texts of one length side by side, and what is to be answered. */
export interface Batch {
  /** (seq, batch, 2) */
  readonly input: Tensor;
  /** (seq, batch, 1): a tenth of the last digit. */
  readonly target: Tensor;
}

export function batchOf(texts: readonly string[]): Batch {
  const length = texts[0]?.length ?? 0;
  const [input, target] = [Tensor.zeros([length, texts.length, 2]), Tensor.zeros([length, texts.length, 1])];
  for (const [b, text] of texts.entries()) {
    const rows = encode(text).data;
    for (const [t, digit] of lastDigits(text).entries()) {
      const row = t * texts.length + b;
      input.data.set(rows.subarray(2 * t, 2 * t + 2), 2 * row);
      target.data[row] = digit / 10;
    }
  }
  return { input, target };
}
