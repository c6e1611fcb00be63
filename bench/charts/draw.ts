/** Draws the README's charts from the newest records: bench/record/*.svg. */
import { writeFileSync } from "node:fs";
import type { Result } from "../compare-nodes.js";
import type { Point } from "../linear.js";
import { FOLDER, newest } from "../record.js";
import { costChart } from "./cost.js";
import { speedChart } from "./speed.js";
import { stepChart } from "./step.js";

// A run of `--all`: one against plain JavaScript alone would take the others out of the charts.
const cases = newest<Result & { all: boolean }>("cases", ({ all }) => all);
if (cases) {
  save("step.svg", stepChart(cases));
  save("speed.svg", speedChart(cases));
}
const linear = newest<{ points: readonly Point[] }>("linear");
if (linear) save("linear.svg", costChart(linear.points));
if (!cases && !linear) console.error("bench/record/ has nothing to draw: run `npm run bench -- --all` first");

function save(name: string, svg: string): void {
  writeFileSync(`${FOLDER}${name}`, `${svg}\n`);
  console.log(`drawn: bench/record/${name}`);
}
