/** `npm run claims`: measures what is said of LSTMs, and writes figures, charts and the tables of docs/claims.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadCorpus } from "../../examples/segment/corpus.js";
import { run } from "../../examples/terminal.js";
import { filled } from "../filled.js";
import { install } from "../install.js";
import { CHAPTER, tables } from "./chapter.js";
import { measure } from "./measure.js";
import { Progress } from "./progress.js";
import { readRecord, writeRecord } from "./record.js";
import { SETTINGS } from "./settings.js";

const USAGE = `npm run claims -- [options]

Measures the claims of docs/claims.md, in some minutes, and writes
  bench/claims/figures.json   the same in every run
  bench/claims/times.json     how long it took here
  bench/claims/*.svg          charts
  docs/claims.md              its tables

options:
  --draw   measures nothing: charts and tables from the figures that are there`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { draw: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) return console.log(USAGE);
  if (!values.draw) {
    const text = await loadCorpus(console.error); // first: without it the rest would be for nothing
    const progress = new Progress();
    writeRecord(measure(SETTINGS, text, progress.show));
  }
  const record = readRecord();
  writeFileSync(CHAPTER, filled(readFileSync(CHAPTER, "utf8"), tables(record)));
  install("charts");
  const file: string = "../charts/claims.js"; // as a string, since tsc must do without the chart library
  (await import(file)).draw(record.figures);
  console.log(Object.values(tables(record)).join("\n\n"));
}

run("claims", main);
