/**
 * JSON out of bytes, in one pass that stops at the first fault: what it costs is bounded by what was read so far. It takes
 * what serde_json takes, which reads headers for the reference implementation of safetensors. Ours, because JSON.parse
 * lets keys come twice, nests without bound, and cannot tell 10 from 1e1; and because AudioWorklets have no TextDecoder.
 */
import { decodeUtf8, LONE_SURROGATE, latin1 } from "./utf8.js";

/** What JSON can hold. A whole number that is not written as one, such as 1e1 or -0, comes as its text. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** As deep as serde_json goes. */
const MOST_DEPTH = 127;
/** The header and its tensors. Objects inside those are of no meaning: they may have a key twice, and come out empty. */
const MEANT_DEPTH = 2;
const NOTHING: { [key: string]: Json } = /* @__PURE__ */ Object.freeze(/* @__PURE__ */ Object.create(null));
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const PLAIN_INTEGER = /^(0|-?[1-9]\d*)$/;
const LITERALS: readonly [string, Json][] = [
  ["true", true],
  ["false", false],
  ["null", null],
];
const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [BRACKET, BRACKET_END, BRACE, BRACE_END] = [0x5b, 0x5d, 0x7b, 0x7d];

export class JsonReader {
  #at = 0;
  #depth = 0;

  constructor(
    readonly bytes: Uint8Array,
    /** Arrays are read on beyond so many entries, and kept up to there. */
    readonly longest: number,
    /** Makes the error of a reason. */
    readonly invalid: (why: string) => Error,
  ) {}

  /** The object that the bytes must be, member by member as it is read: what refuses one sees none after it. */
  document(read: (key: string, value: Json) => void): void {
    this.#object(read);
    if (this.#peek() !== undefined) throw this.#fault();
  }

  #object(read: (key: string, value: Json) => void): void {
    this.#open();
    const keys = this.#depth <= MEANT_DEPTH ? new Set<string>() : undefined;
    for (let more = this.#peek() !== BRACE_END; more; more = this.#more(BRACE_END)) {
      if (this.#peek() !== QUOTE) throw this.#fault();
      const key = this.#string();
      if (keys?.has(key)) throw this.invalid(`its header has the key ${quote(key)} twice`);
      keys?.add(key);
      if (this.#peek() !== COLON) throw this.#fault();
      this.#at++;
      read(key, this.#value());
    }
    this.#close();
  }

  #value(): Json {
    const first = this.#peek();
    if (first === QUOTE) return this.#string();
    const kept = this.#depth < MEANT_DEPTH;
    if (first === BRACE) {
      const object: { [key: string]: Json } = kept ? Object.create(null) : NOTHING;
      this.#object((key, value) => {
        if (kept) object[key] = value;
      });
      return object;
    }
    if (first === BRACKET) {
      const array: Json[] = [];
      this.#open();
      for (let more = this.#peek() !== BRACKET_END; more; more = this.#more(BRACKET_END)) {
        const value = this.#value();
        if (array.length < this.longest) array.push(value);
      }
      this.#close();
      return array;
    }
    return this.#digits() ?? this.#word();
  }

  /** A number of no more than 15 digits, as nearly all are; undefined for anything else. */
  #digits(): number | undefined {
    const { bytes } = this;
    let [at, number] = [this.#at, 0];
    for (let byte = bytes[at]; isDigit(byte); byte = bytes[++at]) number = 10 * number + (byte as number) - 0x30;
    const length = at - this.#at;
    if (length === 0 || length > 15 || isOfWord(bytes[at]) || (length > 1 && bytes[this.#at] === 0x30))
      return undefined;
    this.#at = at;
    return number;
  }

  #word(): Json {
    const begin = this.#at;
    while (isOfWord(this.bytes[this.#at])) this.#at++;
    const word = latin1(this.bytes, begin, this.#at);
    const literal = LITERALS.find(([name]) => name === word);
    if (literal) return literal[1];
    const number = NUMBER.test(word) ? Number(word) : NaN;
    if (!Number.isFinite(number)) throw this.#fault(begin);
    return PLAIN_INTEGER.test(word) || !Number.isInteger(number) ? number : word;
  }

  #string(): string {
    const { bytes } = this;
    const begin = ++this.#at;
    let plain = true;
    for (let byte = bytes[this.#at]; byte !== QUOTE; byte = bytes[++this.#at]) {
      if (byte === undefined || byte < 0x20) throw this.#fault();
      if (byte >= 0x80) plain = false;
      if (byte === BACKSLASH) {
        plain = false;
        this.#at++;
      }
    }
    const end = this.#at++;
    if (plain) return latin1(bytes, begin, end);
    const raw = decodeUtf8(bytes.subarray(begin, end), () =>
      this.invalid(`its header has text that is not UTF-8 at byte ${begin}`),
    );
    let text: string;
    try {
      text = JSON.parse(`"${raw}"`);
    } catch {
      throw this.#fault(begin);
    }
    if (LONE_SURROGATE.test(text)) throw this.invalid(`its header has a lone surrogate in ${quote(text)}`);
    return text;
  }

  /** The next byte that is no white space. */
  #peek(): number | undefined {
    const { bytes } = this;
    let byte = bytes[this.#at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++this.#at];
    return byte;
  }

  #open(): void {
    this.#at++;
    if (++this.#depth > MOST_DEPTH) throw this.invalid(`its header nests deeper than ${MOST_DEPTH}`);
  }

  #close(): void {
    this.#at++;
    this.#depth--;
  }

  /** Whether a comma follows, and something after it, rather than the end. */
  #more(end: number): boolean {
    const byte = this.#peek();
    if (byte !== COMMA && byte !== end) throw this.#fault();
    if (byte === end) return false;
    this.#at++;
    if (this.#peek() === end) throw this.#fault();
    return true;
  }

  #fault(at = this.#at): Error {
    return this.invalid(`its header is not JSON at byte ${at}`);
  }
}

const isDigit = (byte = 0): boolean => byte >= 0x30 && byte <= 0x39;

/** Letters, digits and signs: what numbers and literals are made of. */
const isOfWord = (byte = 0): boolean =>
  isDigit(byte) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x45;

export function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
