import { describe, expect, it } from "vitest";
import { LONGEST, passages } from "./passages.js";

async function all(...chunks: string[]): Promise<string[]> {
  const source = async function* () {
    yield* chunks;
  };
  const result: string[] = [];
  for await (const some of passages(source())) result.push(...some);
  return result;
}

describe("passages", () => {
  it("are the lines, without blank ones", async () => {
    expect(await all("我爱\r\n\n 中国 \n　\n好")).toEqual(["我爱", " 中国 ", "好"]);
    expect(await all("")).toEqual([]);
    expect(await all("\n \n")).toEqual([]);
  });

  it("do not depend on where chunks end", async () => {
    const text = `${"他说：“好。”然后走了，".repeat(200)}\r\n${"长".repeat(1234)}\n${"😀".repeat(777)}\n完`;
    const whole = await all(text);
    for (const size of [1, 7, 499, 500, 501, 1024]) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.slice(i * size, (i + 1) * size),
      );
      expect(await all(...chunks)).toEqual(whole);
    }
    expect(whole.join("")).toBe(text.replaceAll(/[\r\n]/g, ""));
    for (const passage of whole) expect(passage.length).toBeLessThanOrEqual(LONGEST);
  });

  it("end with a sentence and its closing quote, or a pause, never inside a character", async () => {
    const sentence = "他说：“好。”";
    const [first] = await all(sentence.repeat(100));
    expect(first).toBe(sentence.repeat(Math.floor(LONGEST / sentence.length)));
    const [paused] = await all("长长，".repeat(300));
    expect(paused?.endsWith("，")).toBe(true);
    for (const passage of await all(`a${"😀".repeat(600)}`)) expect(() => encodeURIComponent(passage)).not.toThrow();
  });
});
