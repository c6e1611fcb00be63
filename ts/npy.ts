/**
 * `lstm-wasm/npy`: reads and writes [NumPy's files](https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 *
 * @packageDocumentation
 */
export { loadNpy, type NpyOptions, saveNpy } from "./formats/npy.js";
export { loadNpz, type NpzOptions, saveNpz } from "./formats/npz.js";
