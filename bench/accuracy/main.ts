/** `npm run accuracy`: what tasks lose by narrow weights; writes the figures and the tables of docs/integer-weights.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadCorpus } from "../../examples/segment/corpus.js";
import { run } from "../../examples/terminal.js";
import { filled } from "../filled.js";
import { measure, readFigures, SETTINGS, writeFigures } from "./measure.js";
import { PAGE, tables } from "./page.js";

const USAGE = `npm run accuracy -- [options]

Measures in a minute what the examples' models lose by weights of float16, int16 and int8, and writes
  bench/accuracy/figures.json   the same in every run
  docs/integer-weights.md       its tables

options:
  --draw   measures nothing: the tables from the figures that are there`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { draw: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) return console.log(USAGE);
  if (!values.draw) {
    const text = await loadCorpus(console.error); // first: without it the rest would be for nothing
    writeFigures(measure(SETTINGS, text, (task) => console.error(`${task} ...`)));
  }
  const drawn = tables(readFigures());
  writeFileSync(PAGE, filled(readFileSync(PAGE, "utf8"), drawn));
  console.log(Object.values(drawn).join("\n\n"));
}

run("accuracy", main);
