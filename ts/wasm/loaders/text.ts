/** The bytes that a text of scripts/embed.mjs stands for. By hand, because AudioWorklets have neither atob nor TextDecoder. */
export function readText(text: string): Uint8Array<ArrayBuffer> {
  const rare: number[] = [];
  const common: number[] = [];
  for (let byte = 0; byte < 256; byte++) {
    const isCommon = ((text.charCodeAt(byte / 5) - 93) >> (byte % 5)) & 1;
    (isCommon ? common : rare).push(byte);
  }
  // The byte of each digit alone, from 128 on of each behind the first of the digits that lead, from 256 on behind the second.
  const table = new Uint8Array(384);
  for (let code = 35, digit = 0; code < 127; code++) {
    if (code === 60 || code === 92) continue;
    table[code] = common[digit] as number;
    table[128 + code] = rare[digit] as number;
    table[256 + code] = rare[90 + digit++] as number;
  }

  // Most of this loop runs before the engine compiles it: one table and nothing to call.
  const bytes = new Uint8Array(text.length);
  let size = 0;
  for (let at = 52; at < text.length; at++) {
    let place = text.charCodeAt(at);
    if (place > 124) place = (place - 124) * 128 + text.charCodeAt(++at);
    bytes[size++] = table[place] as number;
  }
  return bytes.subarray(0, size);
}
