/** Text in bytes. Ours, because AudioWorklets have no TextDecoder. */

/** With the `u` flag a surrogate matches only where it is not part of a pair: text that UTF-8 cannot hold. */
export const LONE_SURROGATE = /[\ud800-\udfff]/u;

const CHUNK = 4096;

/** Text of one byte for each character. */
export function latin1(bytes: Uint8Array, begin = 0, end = bytes.length): string {
  let text = "";
  for (let at = begin; at < end; at += CHUNK) {
    // Spread, the bytes would go through an iterator.
    text += String.fromCharCode.apply(null, bytes.subarray(at, Math.min(at + CHUNK, end)) as unknown as number[]);
  }
  return text;
}

/** Strict: no overlong forms, no surrogates, nothing beyond U+10FFFF. `invalid` makes the error of anything else. */
export function decodeUtf8(bytes: Uint8Array, invalid: () => Error): string {
  const text = latin1(bytes);
  try {
    return decodeURIComponent(text.replace(/[%\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`));
  } catch {
    throw invalid();
  }
}

/** `text` has no lone surrogates. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(3 * text.length);
  let at = 0;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    const more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    bytes[at++] = more === 0 ? point : (0xf00 >> (more + 1)) | (point >> (6 * more));
    for (let i = more - 1; i >= 0; i--) bytes[at++] = 0x80 | ((point >> (6 * i)) & 0x3f);
  }
  return bytes.subarray(0, at);
}
