/** A zip archive that a stranger made: its directory is read first, and what it claims is bounded before a byte is unpacked. */
import { type UnzipFileInfo, unzipSync } from "fflate";
import { LSTMError } from "../checks/errors.js";
import { quote } from "./json-reader.js";

/** As many entries as an archive may have: a model has one for each tensor, and a few more. */
const MAX_ENTRIES = 100_000;

export class ZipArchive {
  readonly #entries = new Map<string, UnzipFileInfo>();
  readonly #bytes: Uint8Array;

  constructor(
    bytes: Uint8Array,
    /** Makes the error of a reason. */
    readonly invalid: (why: string, options?: { cause?: unknown }) => Error,
  ) {
    // Text decoders refuse shared memory, and another thread could write to it in between.
    this.#bytes = bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
    this.#unzip((entry) => {
      if (this.#entries.has(entry.name)) throw invalid(`its entry ${quote(entry.name)} is there twice`);
      if (this.#entries.size === MAX_ENTRIES) throw invalid(`it has more than ${MAX_ENTRIES} entries`);
      this.#entries.set(entry.name, entry);
      return false;
    });
  }

  /** The entries' names, in the directory's order. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** The contents of some entries, which must be there. Together they take no more memory than a sane file asks for. */
  read(names: Iterable<string>): Map<string, Uint8Array> {
    const wanted = new Set(names);
    let packed = 0;
    let unpacked = 0;
    for (const name of wanted) {
      const entry = this.#entries.get(name);
      if (entry === undefined) throw this.invalid(`it has no entry ${quote(name)} (a truncated file?)`);
      packed += entry.size;
      unpacked += entry.originalSize;
    }
    const { length } = this.#bytes;
    // Entries that lie one after the other fit the file; those of a zip bomb overlap, or are packed a thousand to one.
    if (packed > length || unpacked > 16 * length + 2 ** 26) {
      throw this.invalid(`its entries unpack to ${unpacked} bytes, too many for a file of ${length} (a zip bomb?)`);
    }
    const files = this.#unzip(({ name }) => wanted.has(name));
    return new Map(
      [...wanted].map((name) => {
        const content = files[name];
        const size = this.#entries.get(name)?.originalSize;
        if (content?.length === size && content !== undefined) return [name, content];
        throw this.invalid(
          `its entry ${quote(name)} must have ${size} bytes, got ${content?.length} (a truncated file?)`,
        );
      }),
    );
  }

  #unzip(filter: (entry: UnzipFileInfo) => boolean): Record<string, Uint8Array> {
    try {
      return unzipSync(this.#bytes, { filter });
    } catch (cause) {
      if (cause instanceof RangeError) {
        throw new LSTMError("OUT_OF_MEMORY", "what the file holds does not fit in memory", { cause });
      }
      if (cause instanceof LSTMError || !(cause instanceof Error)) throw cause;
      throw this.invalid(`it is no valid zip archive: ${cause.message} (a truncated file?)`, { cause });
    }
  }
}
