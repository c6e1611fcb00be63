import { Refusal } from "./refusal.js";

/** The largest body, in bytes: some 5,400 Chinese characters. */
export const LARGEST = 16 * 1024;

/** How long a client may take to send its body, in milliseconds. */
export const PATIENCE = 10_000;

/** How many bytes of a body that is too long must arrive in that time. */
const PACE = 2 ** 20;

/**
 * The body of a request. What a content-length says need not be true, so no more than LARGEST is kept of any body. A longer
 * one is still read to its end, as long as it keeps the PACE: a connection that closes on unread bytes is reset, and its
 * client would not learn why.
 *
 * @throws Refusal 400, 408 or 413
 */
export async function readBytes({ headers, body }: Request): Promise<Uint8Array> {
  const declared = Number(headers.get("content-length") ?? 0);
  if (headers.has("expect") && declared > LARGEST) throw tooLarge(); // this client asks before it sends
  if (body === null) return new Uint8Array();
  const bytes = new Uint8Array(LARGEST);
  let length = 0;
  let late = false;
  let broken = false;
  const reader = body.getReader();
  let due = PACE;
  const timer = setInterval(() => {
    if (length < due) {
      late = true;
      reader.cancel().catch(() => {}); // ends the read that waits
    }
    due = length + PACE;
  }, PATIENCE);
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (length + part.value.length <= LARGEST) bytes.set(part.value, length);
      length += part.value.length;
    }
  } catch {
    broken = true; // it is late, the client has gone, or what it sends is not HTTP
  } finally {
    clearInterval(timer);
  }
  if (Math.max(length, declared) > LARGEST) throw tooLarge();
  if (late) throw new Refusal(408, `the body did not arrive within ${PATIENCE / 1000} seconds`);
  if (broken) throw new Refusal(400, "the body broke off before its end");
  return bytes.subarray(0, length);
}

/**
 * The text in a body, which is text/plain or JSON.
 *
 * @throws Refusal 400 or 415
 */
export function textOf(headers: Headers, bytes: Uint8Array): string {
  const json = isJson(headers);
  const text = decode(bytes);
  return json ? textOfJson(text) : text;
}

function isJson(headers: Headers): boolean {
  const [type = "", ...parameters] = (headers.get("content-type") ?? "").toLowerCase().split(/\s*;\s*/);
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice(8)
    .replaceAll('"', "");
  if (type !== "text/plain" && type !== "application/json") {
    throw new Refusal(415, `content-type must be text/plain or application/json, got ${type || "none"}`);
  }
  if (charset !== undefined && charset !== "utf-8" && charset !== "utf8") {
    throw new Refusal(415, `the text must be UTF-8, got charset ${charset}`);
  }
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") throw new Refusal(415, `the body must not be compressed, got ${encoding}`);
  return type === "application/json";
}

const tooLarge = (): Refusal => new Refusal(413, `the body may have ${LARGEST} bytes; send a longer text in parts`);

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal(400, "the body is not UTF-8 text");
  }
}

function textOfJson(json: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Refusal(400, `the body is not JSON: ${(error as Error).message}`);
  }
  const { text } = Object(value) as { text?: unknown };
  if (typeof text !== "string") throw new Refusal(400, 'the body must be {"text": "..."}');
  return text;
}
