/** See scripts/embed.mjs, which writes what is read here: the characters from 35 to 126 without "<" and "\". */
const DIGITS = 90;
const COMMON = DIGITS - 2;

/** The bytes that a text stands for. By hand, because AudioWorklets have neither atob nor TextDecoder. */
export function readText(text: string): Uint8Array<ArrayBuffer> {
  const order: number[] = [];
  for (let place = 0; place < COMMON; place++) order[place] = Number.parseInt(text.slice(2 * place, 2 * place + 2), 16);
  for (let byte = 0; byte < 256; byte++) if (!order.includes(byte)) order.push(byte);
  const bytesByPlace = Uint8Array.from(order);
  const digits = new Uint8Array(128);
  for (let code = 35, digit = 0; code < 127; code++) if (code !== 60 && code !== 92) digits[code] = digit++;

  // Most of this loop runs before the engine compiles it: tables and nothing to call.
  const bytes = new Uint8Array(text.length);
  let size = 0;
  for (let at = 2 * COMMON; at < text.length; at++) {
    let place = digits[text.charCodeAt(at)] as number;
    if (place >= COMMON) place = COMMON + (place - COMMON) * DIGITS + (digits[text.charCodeAt(++at)] as number);
    bytes[size++] = bytesByPlace[place] as number;
  }
  return bytes.subarray(0, size);
}
