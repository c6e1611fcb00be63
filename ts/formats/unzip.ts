/** Entries of a zip archive at once, inflated by fflate where they are deflated: for readers that are no promise. */
import { inflateSync } from "fflate";
import type { ZipArchive, ZipEntry } from "./zip.js";

/** What some entries hold, which must be there, by their names. */
export function unzip(archive: ZipArchive, names: Iterable<string>): Map<string, Uint8Array> {
  const inflated = (entry: ZipEntry) => {
    try {
      return inflateSync(entry.bytes, { out: new Uint8Array(entry.size) });
    } catch (cause) {
      throw archive.notDeflated(entry, cause);
    }
  };
  return new Map(
    archive
      .entries(names)
      .map((entry) => [entry.name, archive.checked(entry, entry.deflated ? inflated(entry) : entry.bytes)]),
  );
}
