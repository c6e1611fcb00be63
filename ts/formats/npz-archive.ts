/** Reads and writes the archives that `.npz` files are: this part is loaded when the first such file comes. */
import { checkBoolean, checkObject } from "../checks/options.js";
import type { Bytes } from "../tensor/arrays.js";
import type { Tensor } from "../tensor/tensor.js";
import { allocateBytes, asBytes, badFile } from "./bytes.js";
import { quote } from "./json-reader.js";
import { readArray } from "./npy.js";
import type { NpzOptions } from "./npz.js";
import { LONE_SURROGATE } from "./utf8.js";
import { ZipArchive, type ZipEntry } from "./zip.js";
import { storedZip } from "./zip-writer.js";

/** `loadNpz` */
export async function readArrays(
  bytes: ArrayBufferLike | ArrayBufferView,
  options: NpzOptions,
): Promise<Record<string, Tensor>> {
  const { integers = true, skipUnsupported = false } = checkObject("loadNpz", options, ["integers", "skipUnsupported"]);
  const takesIntegers = checkBoolean("integers", integers);
  const skips = checkBoolean("skipUnsupported", skipUnsupported);
  const archive = new ZipArchive(asBytes(bytes), (why, cause) => badFile(`Not a valid .npz file: ${why}`, cause));
  const names = archive.names.filter((name) => name.endsWith(".npy"));
  if (names.length === 0) throw archive.invalid("it has no arrays");
  const arrays: Record<string, Tensor> = Object.create(null);
  for (const entry of archive.entries(names)) {
    const content = archive.checked(entry, entry.deflated ? await inflated(archive, entry) : entry.bytes);
    const name = entry.name.slice(0, -".npy".length);
    const array = readArray(`Array ${quote(name)}`, content, takesIntegers, skips);
    if (array !== undefined) arrays[name] = array;
  }
  return arrays;
}

/** What a deflated entry holds. More than the size that the archive told is not kept. */
async function inflated(archive: ZipArchive, entry: ZipEntry): Promise<Uint8Array> {
  const content = allocateBytes("an array", entry.size);
  let size = 0;
  try {
    const packed = new Blob([entry.bytes as Bytes]).stream();
    const reader = packed.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (size + part.value.length > content.length) {
        await reader.cancel();
        throw new RangeError(`it has more than ${content.length} bytes`);
      }
      content.set(part.value, size);
      size += part.value.length;
    }
  } catch (cause) {
    throw archive.notDeflated(entry, cause);
  }
  return content.subarray(0, size);
}

/** The archive of these `.npy` files, each with the name of its array. */
export function writeArchive(files: readonly (readonly [name: string, bytes: Uint8Array])[]): Bytes {
  if (files.length > MAX_ENTRIES) throw badFile(`dict has ${files.length} tensors; .npz holds ${MAX_ENTRIES}`);
  let size = 0;
  for (const [name, bytes] of files) {
    const at = `dict[${quote(name)}]`;
    if (LONE_SURROGATE.test(name)) throw badFile(`${at} has a name with a lone surrogate, which UTF-8 cannot hold`);
    if (name.length > MAX_NAME) throw badFile(`${at} has a name of more than ${MAX_NAME} characters`);
    size += bytes.length + 110 + 6 * name.length; // its two headers, with the name in UTF-8 in both
    if (size >= 2 ** 32) throw badFile(`dict takes ${size} bytes up to ${at}; .npz holds less than 4 GiB`);
  }
  return storedZip(files.map(([name, bytes]) => [`${name}.npy`, bytes]));
}

/** As many entries as a zip archive counts in 16 bits. */
const MAX_ENTRIES = 65_534;
const MAX_NAME = 10_000;
