/** NumPy's files of several arrays: zip archives of `.npy` files. */
import { mustBe } from "../checks/must-be.js";
import type { Bytes } from "../tensor/arrays.js";
import type { Tensor, TensorInput } from "../tensor/tensor.js";
import { quote } from "./json-reader.js";
import { type NpyOptions, npyOf } from "./npy.js";

/** Options of `loadNpz`. */
export interface NpzOptions extends NpyOptions {
  /** Leave out arrays that do not read as float32 (say, of text) instead of throwing. */
  skipUnsupported?: boolean | undefined;
}

/**
 * The arrays of a `.npz` file by name, an object without prototype: a state dict, if a model's parameters were saved under
 * their names (`np.savez(path, **{name: tensor.numpy() for name, tensor in model.state_dict().items()})`).
 *
 * A promise, because the platform inflates what `np.savez_compressed` wrote (DecompressionStream), and what reads archives is
 * loaded when it is needed.
 *
 * @throws LSTMError as {@link loadNpy} does.
 */
export async function loadNpz(
  bytes: ArrayBufferLike | ArrayBufferView,
  options: NpzOptions = {},
): Promise<Record<string, Tensor>> {
  return (await import("./npz-archive.js")).readArrays(bytes, options);
}

/**
 * The bytes of a `.npz` file of float32 tensors, for `np.load`. As with `np.savez`, they are not compressed. The values are
 * those of the moment of the call.
 *
 * A promise, because what writes archives is loaded when it is needed.
 *
 * @throws LSTMError `FILE` for names that a zip archive cannot hold, or for 4 GiB and more; `DTYPE` or `SHAPE_MISMATCH`
 *   for values that are no tensors; `OUT_OF_MEMORY`.
 */
export async function saveNpz(dict: Readonly<Record<string, TensorInput>>): Promise<Bytes> {
  if (typeof dict !== "object" || dict === null || Symbol.iterator in dict) {
    throw mustBe("FILE", "dict", "a plain object (Object.fromEntries makes one of a Map)", dict);
  }
  const files = Object.entries(dict).map(([name, value]) => [name, npyOf(`dict[${quote(name)}]`, value)] as const);
  return (await import("./npz-archive.js")).writeArchive(files);
}
