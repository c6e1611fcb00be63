import type { Source } from "../source.js";
import { Complaint } from "../terminal.js";

export function textSource(texts: readonly string[]): Source {
  const bytes = new TextEncoder().encode(texts.join("\n"));
  const once = async function* () {
    yield bytes;
  };
  return { name: "the text", size: bytes.length, bytes: once() };
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
