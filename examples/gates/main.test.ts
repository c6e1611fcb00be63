import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { atTerminal, hasTerminals } from "../../test/support/terminal.js";
import { follow } from "./viewer.js";

const MAIN = join(import.meta.dirname, "main.ts");
const NODE = [process.execPath, "--import", "tsx", MAIN];
const cwd = join(import.meta.dirname, "../..");

interface Result {
  stdout: string;
  stderr: string;
  code: number | null;
}

function start(line: readonly string[], env: NodeJS.ProcessEnv = {}, closeEarly = false): Promise<Result> {
  const child = spawn(line[0] as string, line.slice(1), {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const result: Result = { stdout: "", stderr: "", code: null };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    result.stdout += text;
    if (closeEarly) child.stdout.destroy();
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    result.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...result, code }));
  });
}

const gates = (...args: string[]) => start([...NODE, ...args]);

describe("npm run gates", { timeout: 60_000 }, () => {
  it("prints every step of 我爱中国 into a pipe, without escape codes", async () => {
    const [bare, named] = await Promise.all([gates(), gates("--all", "我爱中国")]);
    expect({ stderr: bare.stderr, code: bare.code }).toEqual({ stderr: "", code: 0 });
    expect(named.stdout).toBe(bare.stdout);
    expect(bare.stdout).not.toContain("\u001b");
    const marked = [...bare.stdout.matchAll(/^ .*\[(\S+)\].* t = (\d)$/gm)].map(([, symbol, t]) => `${symbol}${t}`);
    const forward = ["BEGIN1", "我2", "爱3", "中4", "国5", "END6"];
    expect(marked).toEqual([...forward, "END1", "国2", "中3", "爱4", "我5", "BEGIN6"]);
    expect(bare.stdout.match(/│/g)).toHaveLength(6);
    expect(bare.stdout).toMatch(/^ 中 .* zhōng\*$/m);
  });

  it("ends quietly when nobody reads on, as with `| head`", async () => {
    const { stderr, code } = await start([...NODE, "行".repeat(500)], {}, true);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  });

  it("prints help", async () => {
    const { stdout, code } = await gates("--help");
    expect(stdout).toContain("--all");
    expect(code).toBe(0);
  });

  it.each<[string, string[], string, number]>([
    ["an empty text", [""], "gates: the text: there is nothing to walk through, it is empty", 1],
    ["a blank text", [" \n"], "gates: the text: there is nothing to walk through, it is empty", 1],
    ["two texts", ["我", "爱"], "gates: give one text, got 2; quote a text that has spaces", 2],
    ["an unknown flag", ["--fast"], "gates: Unknown option '--fast' (--help lists the options)", 2],
    ["a value where none goes", ["--all=2"], "gates: Option '-a, --all' does not take an argument (--help lists", 2],
  ])("says in one line what is wrong with %s", async (_, args, message, code) => {
    const result = await gates(...args);
    expect(result.stderr.startsWith(message), result.stderr).toBe(true);
    expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(result).toMatchObject({ stdout: "", code });
  });
});

describe("follow", () => {
  it.each([
    ["space", 1, 2],
    ["return", 1, 2],
    ["enter", 1, 2],
    ["right", 1, 2],
    ["right", 3, 3],
    ["left", 1, 0],
    ["backspace", 1, 0],
    ["left", 0, 0],
    ["home", 2, 0],
    ["end", 1, 3],
    ["x", 1, 1],
    ["c", 1, 1],
    ["q", 1, undefined],
    ["escape", 1, undefined],
  ])("%s at frame %d of 4 leads to %s", (name, at, next) => {
    expect(follow({ name }, at, 4)).toBe(next);
  });

  it("quits at Ctrl-C", () => {
    expect(follow({ name: "c", ctrl: true }, 1, 4)).toBeUndefined();
  });
});

describe.skipIf(!hasTerminals)("at a terminal", { timeout: 60_000 }, () => {
  const type = (script: [waitFor: string, keys: string][], env: NodeJS.ProcessEnv = {}, ...args: string[]) =>
    atTerminal([...NODE, ...args], cwd, script, env);

  it("goes on and back by keys, and restores the terminal", async () => {
    const { output, ...rest } = await type([
      [" 1/13", " "],
      [" 2/13", "\r"],
      [" 3/13", "\u001b[C"],
      [" 4/13", "\u001b[D"],
      [" 3/13", "\u001b[F"],
      ["the end", "q"],
    ]);
    expect(rest).toEqual({ status: 0, same: true, left: [] });
    expect(output.startsWith("\u001b[?1049h\u001b[?25l")).toBe(true);
    expect(output.endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
    expect(output).toContain("\u001b[35;7m"); // a negative value in its colour
  });

  it("quits at Ctrl-C, and does without colours if asked", async () => {
    const { output, ...rest } = await type([[" 1/13", "\u0003"]], { NO_COLOR: "1" });
    expect(rest).toEqual({ status: 0, same: true, left: [] });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what this looks for
    expect(output).not.toMatch(/\u001b\[[\d;]*3\d[;m]/);
    expect(output).toContain("\u001b[7m");
    expect(output.endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
  });

  it("prints all at once with --all, or where the terminal can do nothing", async () => {
    const [all, dumb] = await Promise.all([type([], {}, "--all"), type([], { TERM: "dumb" })]);
    for (const { output, status } of [all, dumb]) {
      expect(status).toBe(0);
      expect(output).toContain("13/13");
      expect(output).not.toContain("\u001b[?");
    }
    expect(all.output).toContain("\u001b[32m");
    expect(dumb.output).not.toContain("\u001b");
  });
});
