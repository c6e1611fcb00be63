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
/** So many bytes, the most frequent ones, take one digit; the last two digits lead in a second one. */
const COMMON = DIGITS.length - 2;
/** The text begins with the set of the common bytes: one bit for each byte, five in a character, from "]" on. */
const FLAGS = 5;

/** Which bytes are common, then the text of all bytes. Both kinds take their digits in the order of the bytes. */
export function asText(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const byFrequency = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  const common = new Set(byFrequency.slice(0, COMMON));
  const single = DIGITS.values();
  const pairs = DIGITS.slice(COMMON)
    .flatMap((lead) => DIGITS.map((digit) => lead + digit))
    .values();
  const words = Array.from(counts, (_, byte) => (common.has(byte) ? single : pairs).next().value);
  const flags = new Array(Math.ceil(256 / FLAGS)).fill(0);
  for (const byte of common) flags[Math.floor(byte / FLAGS)] |= 1 << (byte % FLAGS);
  return String.fromCharCode(...flags.map((bits) => 93 + bits)) + Array.from(bytes, (byte) => words[byte]).join("");
}
