import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "vad-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sample = readFileSync(join(import.meta.dirname, "data/sample.wav"));

/** Runs the program; `input` undefined is /dev/null. */
function vad(args: readonly string[], input?: Buffer) {
  const line = ["--import", "tsx", join(import.meta.dirname, "main.ts"), ...args];
  const { stdout, stderr, status } = spawnSync(process.execPath, line, {
    cwd: join(import.meta.dirname, "../.."),
    encoding: "utf8",
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    ...(input && { input }),
  });
  return { stdout, stderr: stderr.trim(), status };
}

/** The sample with a byte of its header changed. */
function changed(name: string, change: (bytes: Buffer) => void): string {
  const bytes = Buffer.from(sample);
  change(bytes);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe("npm run vad", { timeout: 60_000 }, () => {
  it("finds the two sentences of the sample, and not the noise between them", () => {
    const { stdout, stderr, status } = vad([]);
    expect(stdout).toBe("0.23 s to 2.88 s\n4.74 s to 9.66 s\n");
    expect(stderr).toMatch(
      /^Speech in 7\.6 s of 9\.8 s, heard in [\d.]+ s of processor time: [\d.]+ % of real time on one core; the model loaded in \d+ ms\.$/,
    );
    expect(status).toBe(0);
  });

  it("draws the probabilities", () => {
    const [first, second, ...rest] = vad(["-p"]).stdout.split("\n");
    expect(first).toBe("0.00 s ▁▁▁▁▁▁▁▁▆███████████████████████▇▄▂▂▇▇▆███████████████████████");
    expect(second).toMatch(/^1\.98 s █{26}▇▃▁/);
    expect(rest).toHaveLength(6);
  });

  it("hears a file and standard input alike, and prints JSON", () => {
    const piped = vad(["--json", "--probabilities"], sample);
    expect(vad(["-jp", "examples/vad/data/sample.wav"]).stdout).toBe(piped.stdout);
    const lines = piped.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(306 + 2);
    expect(lines[305]).toEqual({ time: 9.76, probability: expect.any(Number) });
    expect(lines.slice(306)).toEqual([
      { start: 0.226, end: 2.878 },
      { start: 4.738, end: 9.662 },
    ]);
  });

  it("takes the options", () => {
    const options = ["--threshold", "0.9", "--min-silence", "3000", "--min-speech", "0", "--pad", "0"];
    expect(vad(options).stdout).toBe("0.29 s to 9.79 s\n");
  });

  it("resamples, so that a sound read at 48,000 samples a second lasts a third of the time", () => {
    const fast = changed("fast.wav", (bytes) => bytes.writeUInt32LE(48_000, 24));
    expect(vad([fast]).stderr).toMatch(/ of 3\.3 s, heard in/);
  });

  const slow = changed("slow.wav", (bytes) => bytes.writeUInt32LE(8000, 24));
  const odd = changed("odd.wav", (bytes) => bytes.writeUInt32LE(4_000_000_000, 24));
  const empty = changed("empty.wav", (bytes) => bytes.writeUInt32LE(0, 40));
  it.each([
    [["missing.wav"], "missing.wav: no such file", 1],
    [["examples"], "examples: is a folder, not a file", 1],
    [["README.md"], "README.md: is not a WAV file", 1],
    [[slow], `${slow}: has 8000 samples a second; expected 16000 to 768000`, 1],
    [[odd], `${odd}: has 4000000000 samples a second; expected 16000 to 768000`, 1],
    [[empty], `${empty}: there is nothing to hear, it is empty`, 1],
    [["a.wav", "b.wav"], "give one file, not 2", 2],
    [["--threshold", "2"], "--threshold must be a number from 0 to 1, got 2", 2],
    [["--pad", "much"], "--pad must be a number of milliseconds, got much", 2],
    [["--loud"], "Unknown option '--loud' (--help lists the options)", 2],
  ])("says in one line what is wrong with %s", (args, message, code) => {
    expect(vad(args)).toEqual({ stdout: "", stderr: `vad: ${message}`, status: code });
  });

  it("says that nothing came on standard input", () => {
    expect(vad([], Buffer.alloc(0)).stderr).toBe("vad: standard input: is not a WAV file");
  });
});
