/** Bytes of a source, taken in pieces of any size. */

import type { Source } from "../source.js";
import { Complaint } from "../terminal.js";

export class Chunks {
  readonly name: string;
  readonly #iterator: AsyncIterator<Uint8Array>;
  #parts: Uint8Array[] = [];
  #length = 0;
  #ended = false;

  constructor({ name, bytes }: Source) {
    this.name = name;
    this.#iterator = bytes[Symbol.asyncIterator]();
  }

  /** Reads on until so many bytes are here, or the end; returns how many there are. */
  async fill(count: number): Promise<number> {
    while (this.#length < count && !this.#ended) {
      const { value, done } = await this.#iterator.next();
      if (done === true) this.#ended = true;
      else {
        this.#parts.push(value);
        this.#length += value.length;
      }
    }
    return this.#length;
  }

  /** The first characters that are no white space, as Latin-1, and not more than are needed: a pipe may be slow. */
  async start(count: number): Promise<string> {
    for (let length = count; ; length++) {
      const there = await this.fill(length);
      const text = Buffer.from(this.peek(length))
        .toString("latin1")
        .replace(/^\xef\xbb\xbf/, "");
      const start = text.replace(/\s/g, "");
      if (start.length >= count || there < length) return start;
    }
  }

  /** The first bytes, at most `count`, which stay. */
  peek(count: number): Uint8Array {
    if ((this.#parts[0]?.length ?? 0) < Math.min(count, this.#length)) this.#parts = [Buffer.concat(this.#parts)];
    return (this.#parts[0] ?? new Uint8Array(0)).subarray(0, count);
  }

  /** Takes the first bytes, at most `count`. */
  take(count: number): Uint8Array {
    const taken = this.peek(count);
    const [first] = this.#parts;
    if (first !== undefined) {
      if (taken.length === first.length) this.#parts.shift();
      else this.#parts[0] = first.subarray(taken.length);
    }
    this.#length -= taken.length;
    return taken;
  }

  /** All that is left. */
  async rest(): Promise<Uint8Array> {
    await this.fill(Number.POSITIVE_INFINITY);
    return this.take(this.#length);
  }

  /** All that is left, as UTF-8 text, piece by piece. */
  async *text(): AsyncGenerator<string> {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const decoded = (chunk?: Uint8Array): string => {
      try {
        return decoder.decode(chunk, { stream: chunk !== undefined });
      } catch {
        throw new Complaint(`${this.name}: neither .npy nor UTF-8 text`);
      }
    };
    while ((await this.fill(1)) > 0) yield decoded(this.take(2 ** 16));
    yield decoded();
  }
}
