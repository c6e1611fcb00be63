/** Zip archives of files as they are, uncompressed. */
import type { Bytes } from "../tensor/arrays.js";
import { joined } from "./bytes.js";
import { crc32 } from "./crc32.js";

/** A number of 32 bits as two of 16: all fields of a zip archive are made of those. */
const pair = (value: number) => [value & 0xffff, value >>> 16];
const fields = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);

/**
 * The archive, the same bytes at any time. Together the files take less than 4 GiB, their names have no lone surrogates.
 *
 * @throws LSTMError `OUT_OF_MEMORY`
 */
export function storedZip(files: readonly (readonly [name: string, bytes: Uint8Array])[]): Bytes {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [text, bytes] of files) {
    const name = new TextEncoder().encode(text);
    const size = pair(bytes.length);
    // Version 2.0, a name in UTF-8, stored, midnight of 1 January 1980, the checksum, both sizes, no extra field.
    const both = [20, 0x800, 0, 0, 0x21, ...pair(crc32(bytes)), ...size, ...size, name.length, 0];
    parts.push(fields(0x4b50, 0x0403, ...both), name, bytes);
    // No comment, disk 0, no attributes, and where it lies.
    directory.push(fields(0x4b50, 0x0201, 20, ...both, 0, 0, 0, 0, 0, ...pair(at)), name);
    at += 30 + name.length + bytes.length;
  }
  const entries = directory.reduce((size, { length }) => size + length, 0);
  const end = fields(0x4b50, 0x0605, 0, 0, files.length, files.length, ...pair(entries), ...pair(at), 0);
  return joined("a file", [...parts, ...directory, end]);
}
