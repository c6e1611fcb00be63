/**
 * A zip archive that a stranger made: its directory is read first, and what it claims is bounded before a byte is unpacked.
 * Ours, because fflate does not tell the checksums: without them, a weight of which one bit was damaged is a wrong number.
 */
import { LSTMError } from "../checks/errors.js";
import { crc32 } from "./crc32.js";
import { quote } from "./json-reader.js";
import { decodeUtf8, latin1 } from "./utf8.js";

/** As many entries as an archive may have: a model has one for each tensor, and a few more. */
const MAX_ENTRIES = 100_000;
/** A field of 32 bits that says: the number is in the zip64 field behind. */
const IN_ZIP64 = 0xffffffff;

/** An entry as it lies in the file. */
export interface ZipEntry {
  readonly name: string;
  /** Its bytes in the file: what it holds, or that deflated. */
  readonly bytes: Uint8Array;
  readonly deflated: boolean;
  /** How many bytes it holds, by the directory. */
  readonly size: number;
  /** CRC-32 of what it holds; 0 where it was not computed: `torch.serialization.set_crc32_options(False)`. */
  readonly checksum: number;
}

export class ZipArchive {
  readonly #entries = new Map<string, ZipEntry>();
  readonly #length: number;

  constructor(
    input: Uint8Array,
    /** Makes the error of a reason. */
    readonly invalid: (why: string, options?: { cause?: unknown }) => Error,
  ) {
    // Of shared memory a copy: another thread could write to it between a check and what relies on it.
    const bytes = input.buffer instanceof ArrayBuffer ? input : input.slice();
    this.#length = bytes.length;
    const broken = (why: string) => invalid(`it is no valid zip archive: ${why} (a truncated file?)`);
    // Beyond the file there are zeros, which no signature has.
    const u16 = (at: number) => (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const u32 = (at: number) => (u16(at) | (u16(at + 2) << 16)) >>> 0;
    const u64 = (at: number) => u32(at) + u32(at + 4) * 2 ** 32;

    let end = bytes.length - 22; // it has a comment behind it of at most 65535 bytes
    for (const first = end - 0xffff; u32(end) !== 0x06054b50; end--) {
      if (end < 0 || end < first) throw broken("it has no directory");
    }
    const zip64 = u32(end - 20) === 0x07064b50 ? u64(end - 12) : -1;
    const [count, begin] =
      u32(zip64) === 0x06064b50 ? [u64(zip64 + 32), u64(zip64 + 48)] : [u16(end + 10), u32(end + 16)];
    if (count > MAX_ENTRIES) throw invalid(`it has more than ${MAX_ENTRIES} entries`);

    let at = begin;
    for (let i = 0; i < count; i++) {
      if (u32(at) !== 0x02014b50) throw broken("an entry is missing in its directory");
      const [flags, method] = [u16(at + 8), u16(at + 10)];
      const nameEnd = at + 46 + u16(at + 28);
      const named = bytes.subarray(at + 46, nameEnd);
      const name = flags & 0x800 ? decodeUtf8(named, () => broken("a name is not UTF-8")) : latin1(named);
      const next = nameEnd + u16(at + 30) + u16(at + 32);
      let large = nameEnd; // where the zip64 field is: a number of 64 bits for each that is marked
      while (large < next && u16(large) !== 1) large += 4 + u16(large + 2);
      large += 4;
      const [size, packed, offset] = [24, 20, 42].map((field) => {
        const value = u32(at + field);
        if (value !== IN_ZIP64) return value;
        large += 8;
        return u64(large - 8);
      }) as [number, number, number];

      const data = offset + 30 + u16(offset + 26) + u16(offset + 28);
      const entry = `its entry ${quote(name)}`;
      if (flags & 1) throw invalid(`${entry} is encrypted`);
      if (method !== 0 && method !== 8) throw invalid(`${entry} is of the unknown compression type ${method}`);
      if (this.#entries.has(name)) throw invalid(`${entry} is there twice`);
      if (u32(offset) !== 0x04034b50 || data + packed > bytes.length) throw broken(`${entry} lies outside of it`);
      const content = bytes.subarray(data, data + packed);
      this.#entries.set(name, { name, bytes: content, deflated: method === 8, size, checksum: u32(at + 16) });
      at = next;
    }
  }

  /** The entries' names, in the directory's order. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Some entries, which must be there. Together they take no more memory than a sane file asks for. */
  entries(names: Iterable<string>): ZipEntry[] {
    let packed = 0;
    let unpacked = 0;
    const entries = Array.from(new Set(names), (name) => {
      const entry = this.#entries.get(name);
      if (entry === undefined) throw this.invalid(`it has no entry ${quote(name)} (a truncated file?)`);
      packed += entry.bytes.length;
      unpacked += entry.size;
      return entry;
    });
    // Entries that lie one after the other fit the file; those of a zip bomb overlap, or are packed a thousand to one.
    if (packed > this.#length || unpacked > 16 * this.#length + 2 ** 26) {
      throw this.invalid(
        `its entries unpack to ${unpacked} bytes, too many for a file of ${this.#length} (a zip bomb?)`,
      );
    }
    return entries;
  }

  /** What an entry holds, if these unpacked bytes are that. */
  checked({ name, size, checksum }: ZipEntry, content: Uint8Array): Uint8Array {
    const entry = `its entry ${quote(name)}`;
    if (content.length !== size) {
      throw this.invalid(`${entry} must have ${size} bytes, got ${content.length} (a truncated file?)`);
    }
    if (checksum !== 0 && checksum !== crc32(content)) {
      throw this.invalid(`${entry} is damaged: its bytes do not have the checksum that was saved with them`);
    }
    return content;
  }

  /** The error of an entry whose bytes are nothing that was deflated. */
  notDeflated({ name }: ZipEntry, cause: unknown): Error {
    if (cause instanceof LSTMError) return cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    return this.invalid(`its entry ${quote(name)} does not unpack: ${why} (a truncated file?)`, { cause });
  }
}
