/** Files that nobody would write, made of files that somebody wrote. */
import { LSTMError } from "lstm-wasm";
import { expect } from "vitest";
import { mulberry32 } from "../../examples/mulberry32.js";

/** Numbers that counts and offsets overflow at. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** Bytes that make the numbers of protobuf small, large or endless. */
const VARINTS = [0, 0x7f, 0x80, 0xff];

/** A file with some of its bytes changed, moved, doubled, cut off or taken from another. */
export function mutated(random: () => number, files: readonly Uint8Array[]): Uint8Array {
  const below = (n: number) => Math.floor(random() * n);
  const other = files[below(files.length)] as Uint8Array;
  let bytes = Uint8Array.from(files[below(files.length)] as Uint8Array);
  for (let i = 1 + below(4); i > 0 && bytes.length > 8; i--) {
    const at = below(bytes.length - 4);
    const length = Math.min(1 + below(40), bytes.length - at);
    const part = bytes.slice(at, at + length);
    const kind = below(9);
    if (kind === 0) bytes[at] = below(256);
    else if (kind === 1) bytes[at] = (bytes[at] as number) ^ (1 << below(8));
    else if (kind === 2) new DataView(bytes.buffer).setUint32(at, EDGES[below(EDGES.length)] as number, true);
    else if (kind === 3) bytes = bytes.slice(0, below(4) === 0 ? at : bytes.length - below(30));
    else if (kind === 4) bytes = joined(bytes.subarray(0, at), bytes.subarray(at + length));
    else if (kind === 5) bytes = joined(bytes.subarray(0, at), part, bytes.subarray(at));
    else if (kind === 6) bytes.set(part, below(bytes.length - length + 1));
    else if (kind === 7) bytes.fill(VARINTS[below(VARINTS.length)] as number, at, at + Math.min(length, 10));
    else bytes = joined(bytes.subarray(0, at), other.subarray(below(other.length)));
  }
  return bytes;
}

/** A zip archive without checksums, which a reader takes for not computed: else it would refuse all that was changed in it. */
export function withoutChecksums(archive: Uint8Array): Uint8Array {
  const bytes = archive.slice();
  const view = new DataView(bytes.buffer);
  const end = Buffer.from(bytes.buffer).lastIndexOf("PK\x05\x06", undefined, "latin1");
  let at = view.getUint32(end + 16, true);
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    view.setUint32(at + 16, 0, true);
    at += 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return bytes;
}

export const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/**
 * Gives a reader mutated and random files for so many rounds; with the variable FUZZ_SECONDS, for that time and from a seed
 * that changes, or from FUZZ_SEED. `outcome` says whether a file was taken, and fails for what is neither a right result nor a right refusal.
 */
export async function fuzz(
  rounds: number,
  files: (random: () => number) => Uint8Array,
  outcome: (bytes: Uint8Array) => boolean | Promise<boolean>,
): Promise<{ rounds: number; taken: number }> {
  const seconds = process.env.FUZZ_SECONDS === undefined ? undefined : Number(process.env.FUZZ_SECONDS);
  const { FUZZ_SEED = seconds === undefined ? 14 : Date.now() % 2 ** 31 } = process.env;
  const seed = Number(FUZZ_SEED);
  const random = mulberry32(seed);
  const end = Date.now() + 1000 * (seconds ?? 0);
  let taken = 0;
  let round = 0;
  for (; seconds === undefined ? round < rounds : Date.now() < end; round++) {
    const bytes = random() < 0.1 ? Uint8Array.from({ length: random() * 300 }, () => random() * 256) : files(random);
    try {
      if (await outcome(bytes)) taken++;
    } catch (cause) {
      throw new Error(`seed ${seed}, round ${round}: ${Buffer.from(bytes).toString("base64")}`, { cause });
    }
  }
  if (seconds !== undefined) console.log(`${round} rounds from seed ${seed}, ${taken} taken`);
  return { rounds: round, taken };
}

/** What a reader makes of a file: true for a right result; false for a right refusal, whose message is short and says so. */
export async function takenBy(
  read: () => boolean | Promise<boolean>,
  longest: number,
  message = /./,
): Promise<boolean> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof LSTMError)) throw error;
    expect(error.code).toBe("FILE");
    expect(error.message).toMatch(message);
    expect(error.message.length).toBeLessThan(longest);
    return false;
  }
}

/** How long the test of a fuzzer may take. */
export const FUZZ_TIMEOUT = 60_000 + 1500 * Number(process.env.FUZZ_SECONDS ?? 0);
