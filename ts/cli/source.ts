/** Where a program's input comes from: a file, or what is piped into it. */
import { createReadStream, fstatSync, statSync } from "node:fs";
import { aboutFile } from "./files.js";
import { Complaint } from "./terminal.js";

/** Bytes in chunks, which may end anywhere. */
export interface Source {
  readonly name: string;
  /** How many bytes there are, if that is known. */
  readonly size: number | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export function fileSource(path: string): Source {
  const stat = attempt(path, () => statSync(path));
  if (stat.isDirectory()) throw new Complaint(`${path}: is a folder, not a file`);
  const read = async function* () {
    try {
      yield* createReadStream(path) as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw aboutFile(path, error);
    }
  };
  return { name: path, size: stat.isFile() ? stat.size : undefined, bytes: read() };
}

/**
 * Standard input if something is piped or redirected into it; not a terminal, nor /dev/null.
 *
 * @param waiting what to tell a person who waits for this program, after three seconds without input
 */
export function standardInput(waiting: string): Source | undefined {
  const stat = fstatSync(0);
  if (!stat.isFIFO() && !stat.isFile() && !stat.isSocket()) return undefined;
  const size = stat.isFile() ? stat.size : undefined;
  return { name: "standard input", size, bytes: whileHinting(process.stdin, waiting) };
}

/** Tells a person who is waiting for this program that it is waiting for them. */
async function* whileHinting(bytes: AsyncIterable<Uint8Array>, waiting: string): AsyncGenerator<Uint8Array> {
  const hint = setTimeout(() => console.error(waiting), 3000).unref();
  try {
    for await (const chunk of bytes) {
      clearTimeout(hint);
      yield chunk;
    }
  } finally {
    clearTimeout(hint);
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw aboutFile(path, error);
  }
}
