import { createReadStream, fstatSync, statSync } from "node:fs";
import { Complaint } from "../terminal.js";

/** Where the text comes from: UTF-8 in chunks that need not end between characters. */
export interface Source {
  readonly name: string;
  /** How many bytes there are, if that is known. */
  readonly size: number | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export function textSource(texts: readonly string[]): Source {
  const bytes = new TextEncoder().encode(texts.join("\n"));
  const once = async function* () {
    yield bytes;
  };
  return { name: "the text", size: bytes.length, bytes: once() };
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

/** Standard input if something is piped or redirected into it; not a terminal, nor /dev/null. */
export function standardInput(): Source | undefined {
  const stat = fstatSync(0);
  if (!stat.isFIFO() && !stat.isFile() && !stat.isSocket()) return undefined;
  const size = stat.isFile() ? stat.size : undefined;
  return { name: "standard input", size, bytes: whileHinting(process.stdin) };
}

/** Tells a person who is waiting for this program that it is waiting for them. */
async function* whileHinting(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hint = setTimeout(() => console.error("pinyin: waiting for text on standard input (--help tells more)"), 3000);
  try {
    for await (const chunk of bytes) {
      clearTimeout(hint);
      yield chunk;
    }
  } finally {
    clearTimeout(hint);
  }
}

/** The text of a source, chunk by chunk; `count` hears of each chunk's length in bytes. */
export async function* decode({ name, bytes }: Source, count: (length: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new Complaint(`${name}: not UTF-8 text; if it is GB 18030, try iconv -f GB18030 -t UTF-8`);
    }
  };
  for await (const chunk of bytes) {
    count(chunk.length);
    yield decoded(chunk);
  }
  yield decoded();
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
