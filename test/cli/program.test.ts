/** What all commands of `lstm-wasm` have in common: help, errors, exit codes, terminals. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GRU, LSTM, Tensor } from "lstm-wasm";
import { saveNpy } from "lstm-wasm/npy";
import { save } from "lstm-wasm/safetensors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasTerminals } from "../support/terminal.js";
import { Command } from "./command.js";

const ONNX = join(import.meta.dirname, "../fixtures/onnx/hand-LSTM-forward.onnx");
let command: Command;
const path = (name: string) => join(command.folder, name);

beforeAll(async () => {
  command = await Command.install();
  const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, seed: 1 });
  const both = new GRU({ inputSize: 3, hiddenSize: 4, bidirectional: true, seed: 2 });
  const dict = { ...lstm.stateDict({ prefix: "lstm." }), ...both.stateDict({ prefix: "both." }) };
  writeFileSync(path("m.safetensors"), save(dict));
  writeFileSync(path("x.npy"), saveNpy([[1, 2, 3]]));
  writeFileSync(path("x.csv"), "1,2,3\n");
}, 121_000);
afterAll(() => command.close());

describe("every command", { timeout: 60_000 }, () => {
  it("has help, and there is a version", async () => {
    const all = await command.run(["--help"]);
    for (const name of ["inspect", "convert", "run", "bench"]) {
      expect(all.stdout).toContain(`\n  ${name} `);
      const [own, asked] = await Promise.all([command.run([name, "--help"]), command.run(["help", name])]);
      expect(own).toEqual(asked);
      expect(own).toMatchObject({ stderr: "", code: 0 });
      expect(own.stdout).toContain(`\n  lstm-wasm ${name} `);
      for (const line of own.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    }
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
    expect(await command.run(["--version"])).toEqual({ stdout: `${version}\n`, stderr: "", code: 0 });
    expect(await command.run([])).toEqual({ stdout: "", stderr: all.stdout, code: 2 });
  });

  it.each<[string[], 1 | 2, string]>([
    [["inspct", "x"], 2, "there is no command inspct. Did you mean inspect?"],
    [["conv"], 2, "there is no command conv. Did you mean convert?"],
    [["frobnicate"], 2, "there is no command frobnicate (--help lists the commands)"],
    [["inspect"], 2, "inspect: FILE is missing (lstm-wasm inspect FILE)"],
    [["inspect", "a", "b"], 2, "inspect: b is one argument too many (lstm-wasm inspect FILE)"],
    [["convert", "a"], 2, "convert: OUT is missing (lstm-wasm convert IN OUT)"],
    [["run"], 2, "run: MODEL is missing (lstm-wasm run MODEL)"],
    [["run", "m.safetensors", "--layer", "lstm."], 2, "run: --input is missing, and nothing is piped in"],
    [["run", "m.safetensors", "--inptu", "x"], 2, "Unknown option '--inptu'. Did you mean --input?"],
    [["run", "m.safetensors", "-i"], 2, "Option '-i, --input <value>' argument missing"],
    [["run", "m.safetensors", "--format", "jsn"], 2, "--format must be npy, csv or json, got jsn. Did you mean json?"],
    [["run", "m.safetensors", "-i", "x.npy"], 2, 'm.safetensors has several layers: "both." (GRU), "lstm." (LSTM)'],
    [
      ["run", "m.safetensors", "--layer", "x", "-i", "x.npy"],
      2,
      'm.safetensors has no layer "x"; it has "both." (GRU)',
    ],
    [["run", "m.safetensors", "--layer", "x", "--prefix", "x"], 2, "give --layer or --prefix, not both"],
    [["run", "none.pt", "-i", "x.npy"], 1, "none.pt: no such file"],
    [["run", "m.safetensors", "--layer", "lstm", "-i", "none"], 1, "none: no such file"],
    [["run", "m.safetensors", "--layer", "lstm", "-i", "."], 1, ".: is a folder, not a file"],
    [["run", "m.safetensors", "--layer", "lstm", "-i", "x.npy", "-o", "o.txt"], 2, "OUTPUT must end in .npy, .csv or"],
    [["run", "m.safetensors", "--layer", "lstm", "-i", "x.npy", "-o", "no/o.csv"], 1, "no/o.csv: no such folder"],
    [["run", "x.npy", "-i", "x.npy"], 1, "x.npy: it has no LSTM, GRU or RNN (NumPy .npy)"],
    [
      ["run", "m.safetensors", "--layer", "lstm", "-i", "x.csv", "--format", "npy"],
      2,
      "npy begins with the number of steps",
    ],
    [["run", ONNX, "--batch-first", "-i", "x.npy"], 2, "--batch-first is for state dicts, which do not tell it; "],
    [
      ["run", ONNX, "--nonlinearity", "relu", "-i", "x.npy"],
      2,
      "--nonlinearity is for state dicts, which do not tell it",
    ],
    [
      ["inspect", "m.safetensors", "--key", "model"],
      2,
      "--key is for .pt files; m.safetensors is another kind of file",
    ],
    [["bench", "fast"], 2, "bench: fast is one argument too many (lstm-wasm bench)"],
  ])("%j ends with %i and one line", async (args, code, message) => {
    expect(await command.complaint(args, code)).toContain(message);
  });

  it.skipIf(!existsSync("/dev/full"))("says in one line that its output cannot be written", async () => {
    const script = `exec ${join(command.folder, "../node_modules/.bin/lstm-wasm")} inspect m.safetensors > /dev/full`;
    const { stderr, status } = spawnSync("sh", ["-c", script], { cwd: command.folder, encoding: "utf8" });
    expect({ stderr, status }).toEqual({
      stderr: "lstm-wasm: standard output cannot be written (ENOSPC)\n",
      status: 1,
    });
  });

  it("bench compares, times and tells ratios", async () => {
    const { stdout, stderr, code } = await command.run(["bench", "--json"]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const { cases } = JSON.parse(stdout) as { cases: { name: string; microseconds: number; ratio: number }[] };
    expect(cases.map(({ name }) => name)).toContain("step (64, 128)");
    for (const { microseconds, ratio } of cases) {
      expect(microseconds).toBeGreaterThan(0);
      expect(ratio).toBeGreaterThan(0);
    }
  });
});

describe.skipIf(!hasTerminals)("at a terminal", { timeout: 60_000 }, () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape code is what this looks for
  const CLEARED = /\u001b\[0?[JK][^█]*$/;
  const BOLD = "\u001b[1m";

  it("inspect has colours there, none with NO_COLOR, none in a pipe", async () => {
    const [coloured, plain, piped] = await Promise.all([
      command.atTerminal(["inspect", "m.safetensors"]),
      command.atTerminal(["inspect", "m.safetensors"], { NO_COLOR: "1" }),
      command.run(["inspect", "m.safetensors"]),
    ]);
    expect(coloured.output).toContain(BOLD);
    expect(plain.output).not.toContain("\u001b");
    expect(piped.stdout).not.toContain("\u001b");
    expect(plain.output.replaceAll("\r\n", "\n")).toBe(piped.stdout);
    expect([coloured.status, plain.status]).toEqual([0, 0]);
  });

  it("run shows how far it is, and takes the bar away", async () => {
    const rows = 4_000_000;
    writeFileSync(path("far.npy"), saveNpy(Tensor.zeros([rows, 3])));
    const run = ["run", "m.safetensors", "--layer", "lstm", "-i", "far.npy", "-o", "far-out.npy"];
    const { output, status, same } = await command.atTerminal(run);
    expect({ status, same }).toEqual({ status: 0, same: true });
    expect(output).toMatch(/█.*%.* kB read .* steps\/s/);
    expect(output.replaceAll("\u001b7", "").replaceAll("\u001b8", "")).toMatch(CLEARED);
    expect(existsSync(path("far-out.npy"))).toBe(true);
  });

  it("run without an input says so at once", async () => {
    const { output, status } = await command.atTerminal(["run", "m.safetensors", "--layer", "lstm"]);
    expect(output).toBe("lstm-wasm: run: --input is missing, and nothing is piped in\r\n");
    expect(status).toBe(2 << 8);
  });
});
