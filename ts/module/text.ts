/** 35 to 126 without "<" and "\": see scripts/embed.mjs, which writes what is read here. */
const DIGITS = 90;
const COMMON = DIGITS - 2;

const digitAt = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return code - (code > 92 ? 37 : code > 60 ? 36 : 35);
};

/** The bytes that a text stands for. By hand, because AudioWorklets have neither atob nor TextDecoder. */
export function readText(text: string): Uint8Array<ArrayBuffer> {
  const order: number[] = [];
  for (let place = 0; place < COMMON; place++) order[place] = Number.parseInt(text.slice(2 * place, 2 * place + 2), 16);
  for (let byte = 0; byte < 256; byte++) if (!order.includes(byte)) order.push(byte);

  const bytes = new Uint8Array(text.length);
  let size = 0;
  for (let at = 2 * COMMON; at < text.length; at++) {
    let place = digitAt(text, at);
    if (place >= COMMON) place = COMMON + (place - COMMON) * DIGITS + digitAt(text, ++at);
    bytes[size++] = order[place] as number;
  }
  return bytes.subarray(0, size);
}
