/**
 * `lstm-wasm/npy`: reads and writes [NumPy's files](https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 *
 * @packageDocumentation
 */
export {
  loadNpy,
  loadNpz,
  type NpyOptions,
  type NpzOptions,
  saveNpy,
  saveNpz,
} from "./formats/npy.js";
