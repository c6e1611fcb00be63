/** NumPy's files of several arrays: zip archives of `.npy` files. */
import { mustBe } from "../checks/must-be.js";
import { checkBoolean, checkObject } from "../checks/options.js";
import type { Bytes } from "../tensor/arrays.js";
import type { Tensor, TensorInput } from "../tensor/tensor.js";
import { asBytes, badFile } from "./bytes.js";
import { quote } from "./json-reader.js";
import { type NpyOptions, npyOf, readArray } from "./npy.js";
import { LONE_SURROGATE } from "./utf8.js";
import { storedZip } from "./zip-writer.js";

/** Options of `loadNpz`. */
export interface NpzOptions extends NpyOptions {
  /** Leave out arrays that do not read as float32 (say, of text) instead of throwing. */
  skipUnsupported?: boolean | undefined;
}

/**
 * The arrays of a `.npz` file by name, an object without prototype: a state dict, if a model's parameters were saved under
 * their names (`np.savez(path, **{name: tensor.numpy() for name, tensor in model.state_dict().items()})`).
 *
 * A promise, because the platform inflates what `np.savez_compressed` wrote (DecompressionStream).
 *
 * @throws LSTMError as {@link loadNpy} does.
 */
export async function loadNpz(
  bytes: ArrayBufferLike | ArrayBufferView,
  options: NpzOptions = {},
): Promise<Record<string, Tensor>> {
  const { integers = true, skipUnsupported = false } = checkObject("loadNpz", options, ["integers", "skipUnsupported"]);
  const takesIntegers = checkBoolean("integers", integers);
  const skips = checkBoolean("skipUnsupported", skipUnsupported);
  const { readArchive } = await import("./npz-archive.js");
  const arrays: Record<string, Tensor> = Object.create(null);
  for (const [name, content] of await readArchive(asBytes(bytes))) {
    const array = readArray(`Array ${quote(name)}`, content, takesIntegers, skips);
    if (array !== undefined) arrays[name] = array;
  }
  return arrays;
}

/**
 * The bytes of a `.npz` file of float32 tensors, for `np.load`. As with `np.savez`, they are not compressed.
 *
 * @throws LSTMError `FILE` for names that a zip archive cannot hold, or for 4 GiB and more; `DTYPE` or `SHAPE_MISMATCH`
 *   for values that are no tensors; `OUT_OF_MEMORY`.
 */
export function saveNpz(dict: Readonly<Record<string, TensorInput>>): Bytes {
  if (typeof dict !== "object" || dict === null || Symbol.iterator in dict) {
    throw mustBe("FILE", "dict", "a plain object (Object.fromEntries makes one of a Map)", dict);
  }
  const entries = Object.entries(dict);
  if (entries.length > MAX_ENTRIES) throw badFile(`dict has ${entries.length} tensors; .npz holds ${MAX_ENTRIES}`);
  let size = 0;
  return storedZip(
    entries.map(([name, value]) => {
      const at = `dict[${quote(name)}]`;
      if (LONE_SURROGATE.test(name)) throw badFile(`${at} has a name with a lone surrogate, which UTF-8 cannot hold`);
      if (name.length > MAX_NAME) throw badFile(`${at} has a name of more than ${MAX_NAME} characters`);
      const bytes = npyOf(at, value);
      size += bytes.length + 110 + 6 * name.length; // its two headers, with the name in UTF-8 in both
      if (size >= 2 ** 32) throw badFile(`dict takes ${size} bytes up to ${at}; .npz holds less than 4 GiB`);
      return [`${name}.npy`, bytes];
    }),
  );
}

/** As many entries as a zip archive counts in 16 bits. */
const MAX_ENTRIES = 65_534;
const MAX_NAME = 10_000;
