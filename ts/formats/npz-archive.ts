/** Unpacks the archives that `.npz` files are: this part is loaded when the first such file comes. */
import type { Bytes } from "../tensor/arrays.js";
import { allocateBytes, badFile } from "./bytes.js";
import { ZipArchive, type ZipEntry } from "./zip.js";

/** The `.npy` files of an archive by the names of their arrays. */
export async function readArchive(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const archive = new ZipArchive(bytes, (why, cause) => badFile(`Not a valid .npz file: ${why}`, cause));
  const names = archive.names.filter((name) => name.endsWith(".npy"));
  if (names.length === 0) throw archive.invalid("it has no arrays");
  const files = new Map<string, Uint8Array>();
  for (const entry of archive.entries(names)) {
    const content = entry.deflated ? await inflated(archive, entry) : entry.bytes;
    files.set(entry.name.slice(0, -".npy".length), archive.checked(entry, content));
  }
  return files;
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
