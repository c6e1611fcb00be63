import { Refusal } from "./refusal.js";

/** The largest body, in bytes: some 5,400 Chinese characters. */
export const LARGEST = 16 * 1024;

/**
 * The text that a request sends, as text/plain or as JSON.
 *
 * @throws Refusal 400, 413 or 415
 */
export async function readText(request: Request): Promise<string> {
  const json = isJson(request.headers);
  const text = decode(await readBytes(request));
  return json ? textOf(text) : text;
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

/** All of the body, of which never more than LARGEST is held: what a content-length says need not be true. */
async function readBytes({ headers, body }: Request): Promise<Uint8Array> {
  if (Number(headers.get("content-length") ?? 0) > LARGEST) throw tooLarge();
  const bytes = new Uint8Array(LARGEST);
  let length = 0;
  const reader = body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    if (length + part.value.length > LARGEST) {
      await reader?.cancel();
      throw tooLarge();
    }
    bytes.set(part.value, length);
    length += part.value.length;
  }
  return bytes.subarray(0, length);
}

const tooLarge = (): Refusal => new Refusal(413, `the body may have ${LARGEST} bytes; send a longer text in parts`);

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal(400, "the body is not UTF-8 text");
  }
}

function textOf(json: string): string {
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
