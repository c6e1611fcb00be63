import { MAX_SIZE } from "../checks/options.js";
import type { Floats } from "../tensor/arrays.js";
import { currentInstance, type Kernels } from "./instance.js";
import { outOfMemory } from "./out-of-memory.js";

/** Numbers of the buffers in `lossAddress`. */
const INPUT = 0;
const TARGET = 1;
const CLASSES = 2;
const WEIGHTS = 3;

/**
 * Makes room in WebAssembly for one computation that leaves nothing behind: a loss, a mask. Buffers are told as indexes
 * into the instance's floats (words for `classes`).
 */
export function workspace(rows: number, columns: number) {
  const instance = currentInstance();
  const { kernels } = instance;
  const what = `a computation over ${rows} rows of ${columns} values`;
  // WebAssembly takes 32-bit sizes: what is beyond would wrap.
  if (rows > MAX_SIZE || columns > MAX_SIZE)
    throw outOfMemory(kernels, what, 4 * (2 * rows * columns + rows + columns));
  if (kernels.lossReserve(rows, columns) !== 0) throw outOfMemory(kernels, what);
  const at = (buffer: number) => kernels.lossAddress(buffer) >>> 2;
  const { floats, words } = instance;
  return { kernels, floats, words, input: at(INPUT), target: at(TARGET), classes: at(CLASSES), weights: at(WEIGHTS) };
}

/** Values, (rows, columns), after a kernel changed them in the workspace. */
export function mapped(
  values: Float32Array,
  run: (kernels: Kernels) => void,
  rows = values.length,
  columns = 1,
): Floats {
  const { kernels, floats, input } = workspace(rows, columns);
  floats.set(values, input);
  run(kernels);
  return floats.slice(input, input + values.length);
}
