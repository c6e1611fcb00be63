/** The WebAssembly module as text inside the JavaScript. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asText } from "../scripts/embed.mjs";
import { readText } from "../ts/wasm/loaders/text.js";
import { dist } from "./support/realm.js";

const wasm = readFileSync(dist("lstm.wasm"));

describe("bytes as text", () => {
  test("come back, whatever they are", () => {
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const samples = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.constant(every),
      fc.constant(every.slice().reverse()),
    );
    const holds = fc.property(samples, (bytes) => {
      expect([...readText(asText(bytes))]).toEqual([...bytes]);
    });
    fc.assert(holds);
    expect(Buffer.from(readText(asText(wasm))).equals(wasm)).toBe(true);
  });

  test("are plain ASCII that needs no escape between quotes, in JavaScript and in a page", () => {
    expect(asText(wasm)).toMatch(/^[#-;=-[\]-~]*$/);
  });

  test("cost next to nothing where the JavaScript is gzipped", () => {
    const size = (data: string | Buffer) => gzipSync(data, { level: 9 }).length;
    expect(size(asText(wasm)) / size(wasm)).toBeLessThan(1.02);
  });
});
