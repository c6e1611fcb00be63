import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Phonemes, wordsOf } from "./phonemes.js";

const data = (name: string): Buffer => readFileSync(join(import.meta.dirname, "data", name));
// What g2p-en's own code answers, recorded by data/convert.py.
const { words, texts }: { words: Record<string, string>; texts: Record<string, string> } = JSON.parse(
  data("cases.json").toString(),
);
const phonemes = new Phonemes(data("g2p.safetensors"));

describe("Phonemes", () => {
  it("reads 420 words, 411 of them in no dictionary, as g2p-en does", () => {
    expect(Object.keys(words)).toHaveLength(420);
    const answers = Object.keys(words).map((word) => [word, phonemes.read(word).join(" ")]);
    expect(Object.fromEntries(answers)).toEqual(words);
  });

  it("reads texts as g2p-en does without its dictionary, punctuation aside", () => {
    const answers = Object.keys(texts).map((text) => [
      text,
      wordsOf(text).map((word) => phonemes.read(word).join(" ")),
    ]);
    expect(Object.fromEntries(answers)).toEqual(texts);
  });
});

describe("npm run phonemes", { timeout: 60_000 }, () => {
  const phonemes = (...args: string[]) => {
    const line = ["--import", "tsx", join(import.meta.dirname, "main.ts"), ...args];
    const { stdout, stderr, status } = spawnSync(process.execPath, line, {
      cwd: join(import.meta.dirname, "../.."),
      encoding: "utf8",
    });
    return { stdout, stderr: stderr.trim(), status };
  };

  it("prints a word a line, its phonemes beside it", () => {
    const { stdout, stderr, status } = phonemes("A selfie", "on PyTorch!");
    expect(stdout).toBe("a        AA1\nselfie   S EH1 L F IY0\non       AA1 N\npytorch  P IH1 T ER0 K\n");
    expect(stderr).toMatch(/^Read 4 words in [\d.]+ ms; the model loaded in \d+ ms\.$/);
    expect(status).toBe(0);
  });

  it("prints JSON", () => {
    expect(JSON.parse(phonemes("--json", "emoji").stdout)).toEqual({
      word: "emoji",
      phonemes: ["EH0", "M", "OW1", "JH", "IY0"],
    });
  });

  it.each([
    [["at 10 o'clock"], "phonemes: write numbers as words: 10", 2],
    [["你好!"], "phonemes: there is no English word to read", 2],
    [["--tones"], "phonemes: Unknown option '--tones' (--help lists the options)", 2],
  ])("says in one line what is wrong with %s", (args, message, code) => {
    expect(phonemes(...args)).toEqual({ stdout: "", stderr: message, status: code });
  });
});
