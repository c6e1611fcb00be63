/**
 * `npm run matrix -- --bench`: the same small benchmark in every engine, one after the other on an otherwise idle
 * machine. Words after it choose engines, as in `npm run matrix`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { table } from "../../../bench/report.js";
import type { BrowserName } from "../browser.js";
import { output, Place } from "../place.js";
import { command, nodeOf } from "../tools.js";
import type { Figures } from "./measure.js";

type Engine = (place: Place) => Promise<unknown>;

const server =
  (program: () => string, ...args: string[]): Engine =>
  async ({ folder }) =>
    JSON.parse(await output(program(), [...args, "bench-server.js"], folder));

const page =
  (name: BrowserName): Engine =>
  async (place) =>
    place.open(name, "bench.html");

const ENGINES: Readonly<Record<string, Engine>> = {
  ...Object.fromEntries(["20", "22", "24", "26"].map((major) => [`Node ${major}`, server(() => nodeOf(major))])),
  Deno: server(() => command("deno"), "run"),
  Bun: server(() => command("bun")),
  Chromium: page("chromium"),
  Firefox: page("firefox"),
  WebKit: page("webkit"),
};

const words = process.argv.slice(2);
const chosen = Object.entries(ENGINES).filter(
  ([name]) => words.length === 0 || words.some((word) => name.includes(word)),
);

const place = await Place.make();
await bundle("bench-server.js", "console.log(JSON.stringify(await figures()));");
await bundle("bench-page.js", "report(figures);");
writeFileSync(join(place.folder, "bench.html"), '<!doctype html><script type="module" src="bench-page.js"></script>');

const found: [engine: string, figures: Figures][] = [];
for (const [name, run] of chosen) {
  process.stderr.write(`${name} ...\n`);
  try {
    const result = await run(place);
    if (!(result as Figures).cases) throw new Error(JSON.stringify(result));
    found.push([name, result as Figures]);
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
await place.close();

const names = found[0]?.[1].cases.map(({ name }) => name) ?? [];
const rows = (cell: (one: Figures["cases"][number], figures: Figures) => string) =>
  found.map(([engine, figures]) => [engine, ...figures.cases.map((one) => cell(one, figures))]);
const gflops = ({ flops, ours }: Figures["cases"][number]) => flops / ours / 1000;

console.log("\nMicroseconds, median; how many times as long tuned plain JavaScript takes in the same engine:\n");
console.log(
  table([["", ...names], ...rows(({ ours, plain }) => `${ours.toPrecision(3)} (x${(plain / ours).toFixed(1)})`)]),
);
console.log("\nGFLOP/s; the part of the engine's peak, a hand-written loop of multiplications and additions in L1:\n");
const peaks = found.map(([, { peak }]) => peak.toFixed(1));
const speeds = rows((one, { peak }) => `${gflops(one).toFixed(1)} (${((100 * gflops(one)) / peak).toFixed(0)} %)`);
console.log(
  table([
    ["", "peak", ...names],
    ...speeds.map(([engine = "", ...cells], row) => [engine, peaks[row] ?? "", ...cells]),
  ]),
);

/** One file for every engine: the benchmark's own modules around the package as it was installed from the tarball. */
async function bundle(outfile: string, last: string): Promise<void> {
  await build({
    stdin: {
      contents: `import { figures } from "./measure.js"; import { report } from "../projects/report.js"; ${last}`,
      resolveDir: import.meta.dirname,
      loader: "ts",
    },
    absWorkingDir: place.folder,
    outfile,
    bundle: true,
    format: "esm",
    target: "es2022",
    external: ["module", "fs", "path", "url", "node:module"],
    alias: {
      "lstm-wasm": join(place.folder, "node_modules/lstm-wasm/dist/index.js"),
    },
    logLevel: "error",
  });
}
