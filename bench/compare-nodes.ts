import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nameOf, type RecordedCase } from "./cases.js";
import type { Outcome, Time } from "./harness.js";
import { install } from "./install.js";
import type { Limits } from "./limits.js";
import { record } from "./record.js";
import { gflops, oursLike, ratio, table } from "./report.js";

/** What `--result` writes, and a record of the cases has. */
export interface Result {
  readonly node: string;
  readonly limits: Limits;
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly case: RecordedCase;
    readonly peak: Outcome["peak"];
    readonly times: Readonly<Record<string, Time>>;
  }[];
}

/** Runs the cases in each of these versions and prints a table for each rival: how many times ours it takes. */
export function compareNodes(versions: readonly string[], options: { all: boolean; record: boolean }): void {
  install("nodes");
  if (options.all) install("contestants");
  const results = versions.map((version) => inNode(version, passedOn()));
  const first = results[0] as Result;
  const rivals = Object.keys(first.versions).filter((name) => name !== "lstm-wasm");
  const header = (title: string) => [title, ...results.map(({ node }) => `Node ${node}`)];
  const rows = (cell: (result: Result, index: number) => string) =>
    first.cases.map(({ case: one }, index) => [nameOf(one), ...results.map((result) => cell(result, index))]);

  const speed = rows(({ cases, limits }, index) => {
    const { case: one, times } = cases[index] as Result["cases"][number];
    const own = times["lstm-wasm"];
    const speed = own && gflops(one, own.fastest);
    return speed ? `${speed.toFixed(1)} (${((speed / limits.peak) * 100).toFixed(0)} %)` : "-";
  });
  const peaks = ["the peak", ...results.map(({ limits }) => limits.peak.toFixed(1))];
  console.log(`\n${table([header("lstm-wasm, GFLOP/s (of peak)"), ...speed, peaks])}`);
  for (const rival of rivals) {
    const ratios = rows(({ cases }, index) => {
      const times = cases[index]?.times;
      const [own, theirs] = [times?.[oursLike(rival)], times?.[rival]];
      return own && theirs ? ratio(theirs.fastest / own.fastest) : "-";
    });
    if (ratios.some((row) => row.slice(1).some((cell) => cell !== "-"))) {
      console.log(`\n${table([header(`${rival} / ${oursLike(rival)}`), ...ratios])}`);
    }
  }
  if (options.record) record("nodes", { results });
}

/** The arguments of this process, less those that are for it alone. */
function passedOn(): string[] {
  const args = process.argv.slice(2);
  const nodes = args.findIndex((arg) => arg.startsWith("--nodes"));
  args.splice(nodes, args[nodes] === "--nodes" ? 2 : 1);
  return args.map((arg) => (arg === "--all" ? "--against=onnxruntime-web" : arg));
}

function inNode(version: string, args: readonly string[]): Result {
  const binary = fileURLToPath(new URL(`nodes/node_modules/node-${version}/bin/node`, import.meta.url));
  if (!existsSync(binary)) throw new Error(`bench/nodes/package.json has no Node ${version}`);
  const folder = mkdtempSync(join(tmpdir(), "lstm-wasm-bench-"));
  const file = join(folder, "result.json");
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  const { status } = spawnSync(binary, [...process.execArgv, main, ...args, "--no-record", "--result", file], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (!existsSync(file)) throw new Error(`Node ${version} ended with exit code ${status}`);
  if (status !== 0) process.exitCode = 1;
  const result = JSON.parse(readFileSync(file, "utf8"));
  rmSync(folder, { recursive: true });
  return result;
}
