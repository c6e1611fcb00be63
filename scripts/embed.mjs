/**
 * Bytes as ASCII text inside of JavaScript, which `ts/wasm/loaders/text.ts` reads back.
 *
 * Base64 cuts bytes at odd places, so nothing repeats in it and gzip has nothing to do. Here a byte is the same one or two
 * characters wherever it stands: what repeats in a module repeats in its text, and a gzipped entry costs what the gzipped
 * module costs, with nothing to unpack at run time.
 */

/** No quote, no backslash, no "<" that could end a script element: the text goes between quotes as it is. */
const DIGITS = Array.from({ length: 92 }, (_, index) => String.fromCharCode(35 + index)).filter(
  (character) => character !== "<" && character !== "\\",
);
/** So many bytes, the most frequent ones, take one digit; two more digits lead in a second one. */
const COMMON = DIGITS.length - 2;

/** The common bytes in hexadecimal, then the text of all bytes. */
export function asText(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const common = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b).slice(0, COMMON);
  const rare = [...counts.keys()].filter((byte) => !common.includes(byte));
  const words = [];
  for (const [place, byte] of common.entries()) words[byte] = DIGITS[place];
  for (const [place, byte] of rare.entries()) {
    words[byte] = DIGITS[COMMON + Math.floor(place / DIGITS.length)] + DIGITS[place % DIGITS.length];
  }
  return Buffer.from(common).toString("hex") + Array.from(bytes, (byte) => words[byte]).join("");
}
