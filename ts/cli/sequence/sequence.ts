/** The numbers that a layer reads, step by step, from .npy, CSV or JSON. */

import type { Source } from "../source.js";
import { Complaint } from "../terminal.js";
import { Chunks } from "./chunks.js";

export interface Sequence {
  /** The sizes before that of the values: (steps), or two with a batch. Steps whose number is not known yet are undefined. */
  readonly outer: readonly [steps: number | undefined] | readonly [first: number, second: number];
  /** The values in row-major order, any number of whole rows at a time. */
  readonly blocks: AsyncIterable<Float32Array>;
}

/**
 * Tells the kind by the first bytes.
 *
 * @param inputSize how many values a row must have
 */
export async function openSequence(source: Source, inputSize: number): Promise<Sequence> {
  const chunks = new Chunks(source);
  const start = await chunks.start(1);
  if (start === "") throw new Complaint(`${source.name}: there is nothing to read, it is empty`);
  if (start.startsWith("\x93")) return (await import("./npy.js")).npySequence(chunks, inputSize);
  if (/^[[{]/.test(start)) return (await import("./json.js")).jsonSequence(chunks, inputSize);
  return (await import("./csv.js")).csvSequence(chunks, inputSize);
}

/** What was found in place of a shape that the layer reads. */
export function misshapen(name: string, shape: readonly number[], inputSize: number): Complaint {
  const rest = inputSize === 1 ? ", [steps]" : "";
  const expected = `[steps, ${inputSize}]${rest} or with a batch three dimensions, the last of ${inputSize}`;
  return new Complaint(`${name}: the layer reads ${expected}; got [${shape.join(", ")}]`);
}

/** The sizes before the last one. */
export function outerOf(name: string, shape: readonly number[], inputSize: number): Sequence["outer"] {
  if (shape.length === 1 && inputSize === 1) return [shape[0] as number];
  if (shape.at(-1) !== inputSize || shape.length < 2 || shape.length > 3) throw misshapen(name, shape, inputSize);
  return shape.length === 2 ? [shape[0] as number] : [shape[0] as number, shape[1] as number];
}

/** Text that goes on for so long without the end of a row is none that is read. */
export const MAX_ROW_CHARACTERS = 2 ** 26;
