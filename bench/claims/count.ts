import type { Parameter } from "lstm-wasm/nn";

/** How many numbers these parameters hold. */
export function parametersOf(parameters: Iterable<Parameter>): number {
  let count = 0;
  for (const { shape } of parameters) count += shape.reduce((product, size) => product * size, 1);
  return count;
}
