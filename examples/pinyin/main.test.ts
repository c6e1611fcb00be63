import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "pinyin-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  stdout: string;
  stderr: string;
  code: number | null;
}

/** Runs the program; `input` undefined is /dev/null. */
function pinyin(args: string[], input?: string | Buffer, closeEarly = false): Promise<Result> {
  const line = ["--import", "tsx", join(import.meta.dirname, "main.ts"), ...args];
  const child = spawn(process.execPath, line, {
    cwd: join(import.meta.dirname, "../.."),
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const result: Result = { stdout: "", stderr: "", code: null };
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    result.stdout += text;
    if (closeEarly) child.stdout?.destroy();
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    result.stderr += text;
  });
  child.stdin?.on("error", () => {}); // it may stop reading
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...result, code }));
  });
}

const SPEED =
  /^Read [\d,]+ characters, [\d,]+ of them .* in [\d.]+ ms: [\d,]+ characters a second; the model loaded in/m;

describe("npm start", { timeout: 60_000 }, () => {
  it("reads three sentences by default", async () => {
    const { stdout, stderr, code } = await pinyin([]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toMatch(/^我 爱 中 +国\nwǒ ài zhōng\* guó\n +\d+%\n\n然/);
    expect(stdout).toMatch(/^yín háng\* xíng\* cháng\*/m);
    expect(stdout).toMatch(SPEED);
  });

  it("reads arguments, with tones as numbers if asked", async () => {
    const { stdout } = await pinyin(["--numbers", "你好", "绿"]);
    expect(stdout).toMatch(/^你 +好 *\nni3 +hao[34]\*\n.*%\n\n绿\nlu:4\*?\n/);
  });

  it("reads standard input and a file alike, one JSON object a line", async () => {
    const text = "银行很远。\r\n\n我爱中国";
    const file = join(folder, "text.txt");
    writeFileSync(file, `\ufeff${text}`);
    const [piped, read] = await Promise.all([pinyin(["--json"], text), pinyin(["-jf", file])]);
    expect(piped.stdout).toBe(read.stdout);
    expect(piped.stderr).toMatch(SPEED);
    const [bank, love] = piped.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(bank.text).toBe("银行很远。");
    expect(bank.readings.slice(0, 2)).toEqual([
      { char: "银", pinyin: "yín" },
      { char: "行", pinyin: "háng", probability: expect.any(Number) },
    ]);
    expect(love.readings.map((reading: { pinyin: string }) => reading.pinyin)).toEqual(["wǒ", "ài", "zhōng", "guó"]);
  });

  it("reads long text to its end, in order", async () => {
    const cases: { text: string; pinyin: string[] }[] = JSON.parse(
      readFileSync(join(import.meta.dirname, "data/cases.json"), "utf8"),
    );
    const some = Array.from({ length: 5 }, () => cases).flat();
    const { stdout, code } = await pinyin(["-jn"], some.map(({ text }) => text).join("\n"));
    expect(code).toBe(0);
    const answers = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(answers.map(({ text }) => text)).toEqual(some.map(({ text }) => text));
    expect(answers.map(({ readings }) => readings.map((r: { pinyin: string }) => r.pinyin))).toEqual(
      some.map((one) => one.pinyin),
    );
  });

  it("ends quietly when nobody reads on, as with `| head`", async () => {
    const { stderr, code } = await pinyin([], "银行行长长得很高。\n".repeat(20_000), true);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  });

  it("prints help", async () => {
    const { stdout, code } = await pinyin(["--help"]);
    expect(stdout).toContain("--file PATH");
    expect(code).toBe(0);
  });

  it.each<[string, string[], string | Buffer | undefined, string, number]>([
    ["a missing file", ["--file", "no/such.txt"], undefined, "pinyin: no/such.txt: no such file", 1],
    ["a folder", ["--file", "."], undefined, "pinyin: .: is a folder, not a file", 1],
    ["empty input", [], "", "pinyin: standard input: there is nothing to read, it is empty", 1],
    ["blank input", [], " \n\n", "pinyin: standard input: there is nothing to read, it is empty", 1],
    ["an empty argument", [""], undefined, "pinyin: the text: there is nothing to read, it is empty", 1],
    ["other encodings", [], Buffer.from([0xce, 0xd2, 0xb0, 0xae]), "pinyin: standard input: not UTF-8 text;", 1],
    ["cut-off UTF-8", [], Buffer.from("我爱").subarray(0, 5), "pinyin: standard input: not UTF-8 text;", 1],
    ["an unknown flag", ["--tones"], undefined, "pinyin: Unknown option '--tones' (--help lists the options)", 2],
    ["a flag without its value", ["--file"], undefined, "pinyin: Option '-f, --file <value>' argument missing", 2],
    ["text and a file", ["--file", "a", "我"], undefined, "pinyin: give a text or --file, not both", 2],
  ])("says in one line what is wrong with %s", async (_, args, input, message, code) => {
    const result = await pinyin(args, input);
    expect(result.stderr.startsWith(message), result.stderr).toBe(true);
    expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(result.code).toBe(code);
  });
});
