import { createReadStream, fstatSync, statSync } from "node:fs";
import { Complaint } from "./terminal.js";

/** Where a program reads from: bytes in chunks, which end anywhere. */
export interface Source {
  readonly name: string;
  /** How many bytes there are, if that is known. */
  readonly size: number | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export function fileSource(path: string): Source {
  const { size, folder } = attempt(path, () => {
    const stat = statSync(path);
    return { size: stat.isFile() ? stat.size : undefined, folder: stat.isDirectory() };
  });
  if (folder) throw new Complaint(`${path}: is a folder, not a file`);
  const read = async function* () {
    try {
      yield* createReadStream(path) as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw asComplaint(path, error);
    }
  };
  return { name: path, size, bytes: read() };
}

/**
 * Standard input if something is piped or redirected into it; not a terminal, nor /dev/null.
 *
 * @param hint what a person reads who is waiting for this program while it is waiting for them
 */
export function standardInput(hint: string): Source | undefined {
  const stat = fstatSync(0);
  if (!stat.isFIFO() && !stat.isFile() && !stat.isSocket()) return undefined;
  const size = stat.isFile() ? stat.size : undefined;
  return { name: "standard input", size, bytes: whileHinting(process.stdin, hint) };
}

/** Prints the hint if nothing has come after three seconds. */
async function* whileHinting(bytes: AsyncIterable<Uint8Array>, hint: string): AsyncGenerator<Uint8Array> {
  const timer = setTimeout(() => console.error(hint), 3000);
  try {
    for await (const chunk of bytes) {
      clearTimeout(timer);
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asComplaint(path, error);
  }
}

function asComplaint(path: string, error: unknown): unknown {
  const reasons: Record<string, string> = {
    ENOENT: "no such file",
    ENOTDIR: "no such file",
    EACCES: "may not be read",
  };
  const { code = "" } = error as NodeJS.ErrnoException;
  return code === "" ? error : new Complaint(`${path}: ${reasons[code] ?? `cannot be read (${code})`}`);
}
