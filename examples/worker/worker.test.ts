import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadPinyin } from "../pinyin/model.js";
import { toneMarks } from "../pinyin/tone-marks.js";
import { LARGEST } from "./body.js";
import { type Runtime, start } from "./runtime.js";

let runtime: Runtime;
let origin: string;
beforeAll(async () => {
  runtime = await start(0);
  ({ origin } = await runtime.ready);
}, 300_000);
afterAll(() => runtime?.dispose());

const post = (body: RequestInit["body"], type = "text/plain", more: RequestInit & { duplex?: "half" } = {}) =>
  fetch(`${origin}/pinyin`, { method: "POST", body: body ?? null, headers: { "content-type": type }, ...more });

const node = loadPinyin();
/** What the worker must answer. */
const answer = (...texts: string[]) => ({
  passages: texts.map((text) => ({
    text,
    readings: node.read(text).map((reading) => ({ ...reading, pinyin: toneMarks(reading.pinyin) })),
  })),
});

const cases: { text: string }[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../pinyin/data/cases.json"), "utf8"),
);

describe("POST /pinyin", { timeout: 60_000 }, () => {
  it("gives Node's answers, to the last digit, to fifty requests at once", async () => {
    const texts = cases.slice(0, 50).map(({ text }) => text);
    const responses = await Promise.all(
      texts.map((text, i) => (i % 2 ? post(text) : post(JSON.stringify({ text }), "application/json"))),
    );
    const answers = await Promise.all(responses.map((response) => response.json()));
    expect(answers).toEqual(texts.map((text) => answer(text)));
  });

  it("reads each line by itself", async () => {
    const response = await post("\ufeff银行很远\r\n\n我爱中国", "Text/Plain; Charset=UTF-8");
    expect(await response.json()).toEqual(answer("银行很远", "我爱中国"));
    expect(response.headers.get("content-type")).toBe("application/json");
  });

  it("takes what is not Chinese as it is", async () => {
    const text = "constructor __proto__ 👍 \\ \u0000";
    expect(await (await post(JSON.stringify({ text }), "application/json")).json()).toEqual(answer(text));
    const half = await post('{"text": "\\ud800"}', "application/json");
    expect(await half.json()).toEqual({
      passages: [{ text: "\ud800", readings: [{ char: "\ud800", pinyin: "\ud800" }] }],
    });
  });

  it("reads a text of the largest size", async () => {
    const response = await post("a".repeat(LARGEST));
    expect(response.status).toBe(200);
  });
});

describe("what is refused", { timeout: 60_000 }, () => {
  const stream = (size: number) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let sent = 0; sent < size; sent += 1000) controller.enqueue(new Uint8Array(1000).fill(97));
        controller.close();
      },
    });
  const json = (body: string) => post(body, "application/json");

  it.each<[string, () => Promise<Response>, number, string]>([
    ["no JSON", () => json("{"), 400, "the body is not JSON: "],
    ["JSON without a text", () => json("{}"), 400, 'the body must be {"text": "..."}'],
    ["JSON that is null", () => json("null"), 400, 'the body must be {"text": "..."}'],
    ["a text that is none", () => json('{"text": ["我"]}'), 400, 'the body must be {"text": "..."}'],
    ["no body", () => post(undefined), 400, "there is nothing to read"],
    ["blank lines", () => post(" \n\n"), 400, "there is nothing to read"],
    ["other encodings", () => post(Uint8Array.of(0xce, 0xd2, 0xb0, 0xae)), 400, "the body is not UTF-8 text"],
    ["cut-off UTF-8", () => post(new TextEncoder().encode("我").subarray(0, 2)), 400, "the body is not UTF-8 text"],
    ["another path", () => fetch(`${origin}/constructor`), 404, "there is no /constructor"],
    ["too long a body", () => post("a".repeat(LARGEST + 1)), 413, "the body may have 16384 bytes"],
    [
      "one that does not say how long",
      () => post(stream(20_000), "text/plain", { duplex: "half" }),
      413,
      "the body may",
    ],
    ["a form", () => post("text=1", "application/x-www-form-urlencoded"), 415, "content-type must be text/plain or"],
    [
      "another charset",
      () => post("a", "text/plain; charset=gb2312"),
      415,
      "the text must be UTF-8, got charset gb2312",
    ],
  ])("%s", async (_, request, status, message) => {
    const response = await request();
    const { error } = (await response.json()) as { error: string };
    expect([response.status, error.slice(0, message.length)]).toEqual([status, message]);
  });

  it("compressed bodies", async () => {
    const headers = { "content-type": "text/plain", "content-encoding": "gzip" };
    expect((await post("a", "text/plain", { headers })).status).toBe(415);
  });

  it.each([
    ["GET", "/pinyin", "POST"],
    ["DELETE", "/pinyin", "POST"],
    ["POST", "/", "GET, HEAD"],
  ])("%s %s, with what is allowed", async (method, path, allow) => {
    const response = await fetch(origin + path, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
  });
});

it("GET / tells how it is used", async () => {
  const response = await fetch(origin);
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("/pinyin")]);
});
