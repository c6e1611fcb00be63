/** What a layer reads: a text, the rows of a table, or noise, as numbers (steps, inputSize). */
import { Tensor } from "lstm-wasm";
import { Problem } from "./problem.js";
import { MAX_STEPS } from "./sequence-limits.js";

/** What the visitor chose. */
export type Source =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "csv"; readonly csv: string }
  | { readonly kind: "noise"; readonly steps: number; readonly seed: number };

export interface Sequence {
  /** (steps, inputSize) */
  readonly input: Tensor;
  /** How many steps the source has; of more than `MAX_STEPS`, only so many are run. */
  readonly available: number;
}

export async function sequenceOf(source: Source, inputSize: number): Promise<Sequence> {
  if (source.kind === "noise") {
    const { steps, seed } = source;
    return { input: Tensor.randn([steps, inputSize], { seed }), available: steps };
  }
  if (source.kind === "csv") {
    const { rowsOf } = await import("./csv.js");
    const { rows, available } = rowsOf(source.csv, inputSize, MAX_STEPS);
    return { input: new Tensor(Float32Array.from(rows.flat()), [rows.length, inputSize]), available };
  }
  return ofText(source.text, inputSize);
}

/**
 * Each character is a step. With several inputs, the one of the number `code point mod inputSize` is 1 and the others are
 * 0; a single input gets `(code point mod 128) / 128`.
 */
function ofText(text: string, inputSize: number): Sequence {
  const points = Array.from(text, (character) => character.codePointAt(0) as number);
  if (points.length === 0) throw new Problem("noText");
  const shown = points.slice(0, MAX_STEPS);
  const values = new Float32Array(shown.length * inputSize);
  for (const [step, point] of shown.entries()) {
    if (inputSize === 1) values[step] = (point % 128) / 128;
    else values[step * inputSize + (point % inputSize)] = 1;
  }
  return { input: new Tensor(values, [shown.length, inputSize]), available: points.length };
}
