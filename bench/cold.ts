/**
 * `npm run bench -- cold`: from the start of a process to its first output and end, less what an empty process takes.
 * What is measured is JavaScript bundled per contestant, its library as installed, so that TypeScript costs nothing.
 */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { CASE, dataOfFirst } from "./first-output.js";
import { shuffled } from "./harness.js";
import { install } from "./install.js";
import { medianOf } from "./median.js";
import { machine, record } from "./record.js";
import { table } from "./report.js";

/** Where each process finds its contestant; nothing for the empty one. The names are the contestants'. */
const PROGRAMS: Record<string, Program> = {
  "empty process": {},
  "lstm-wasm": { file: "ours.ts", contestant: "ours" },
  "plain JS": { file: "plain.ts", contestant: "plain" },
};
/** Programs of their own, which load no more than a user of that library would: a ready model, one backend. */
const OTHERS: Record<string, string> = {
  "onnxruntime-web": "contestants/cold-onnxruntime-web.mjs",
  "tfjs wasm": "contestants/cold-tfjs.mjs",
};
const STARTS = 21;

export async function cold(options: { all: boolean; record: boolean }): Promise<void> {
  if (options.all) install("contestants");
  const bundles = await Promise.all(Object.values(PROGRAMS).map(bundled));
  const model = pathTo("contestants/cold.tmp.onnx");
  if (options.all) await writeModel(model);
  const started = [
    ...Object.keys(PROGRAMS).map((name, index) => ({ name, args: [bundles[index] as string] })),
    ...Object.entries(options.all ? OTHERS : {}).map(([name, file]) => ({ name, args: [pathTo(file), model] })),
  ].map((program) => ({ ...program, times: [] as number[] }));
  for (let round = 0; round < STARTS; round++) {
    for (const { name, args, times } of shuffled(started)) times.push(startToEnd(name, args));
  }
  for (const file of [...bundles, model]) rmSync(file, { force: true });

  const medians = Object.fromEntries(started.map(({ name, times }) => [name, medianOf(times)]));
  const empty = medians["empty process"] as number;
  const { node, cpu } = machine();
  console.log(
    `Node ${node}, ${cpu}: fresh process to the first output of (16, 64) over 100 steps, median of ${STARTS}\n`,
  );
  const rows = Object.entries(medians).map(([name, ms]) => [name, ms.toFixed(1), (ms - empty).toFixed(1)]);
  console.log(table([["milliseconds", "process", "more than empty"], ...rows]));
  if (options.record) record("cold", { medians });
}

interface Program {
  readonly file?: string;
  readonly contestant?: string;
}

/** The bundle lies beside the contestant's file, where its packages and what it reads are found. */
async function bundled({ file, contestant }: Program, index: number): Promise<string> {
  const outfile = pathTo(file ? join(dirname(file), `cold-${index}.tmp.mjs`) : `cold-${index}.tmp.mjs`);
  const text = file
    ? `import * as all from "./${file}"; import { first } from "./first-output.js"; await first(all.${contestant});`
    : "";
  await build({
    stdin: { contents: text, resolveDir: pathTo(".") },
    outfile,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    logLevel: "warning",
  });
  return outfile;
}

/** The case as a file, before the clock runs: a user has one. */
async function writeModel(path: string): Promise<void> {
  const file: string = "./contestants/onnx.js"; // as a string, since tsc must do without its packages
  const { lstmModel } = await import(file);
  writeFileSync(path, lstmModel(CASE, dataOfFirst(CASE)));
}

function pathTo(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

function startToEnd(name: string, args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return performance.now() - start;
}
