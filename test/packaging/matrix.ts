/**
 * Every check in every runtime, from the tarball; prints a table for each kind of runtime. `npm run matrix -- Deno Node`
 * runs only rows with one of these words in their names.
 */

import { Place } from "./place.js";
import { RUNTIME_CHECKS } from "./runtime-checks.js";
import { versions } from "./versions.js";

const words = process.argv.slice(2);
const selected = RUNTIME_CHECKS.filter(
  ({ runtime }) => words.length === 0 || words.some((word) => runtime.includes(word)),
);
const place = await Place.make();
/** What came of each entry: "pass", "FAIL" or "unsupported". */
const outcomes = new Map<string, string>();
const notes: string[] = [];
const key = (runtime: string, check: string) => `${runtime}\0${check}`;

for (const { runtime, check, unsupported, run } of selected) {
  const started = performance.now();
  let outcome = "pass";
  if (unsupported !== undefined) {
    outcome = "unsupported";
    notes.push(`unsupported: ${runtime}, ${check}: ${unsupported}`);
  } else {
    try {
      await run(place);
    } catch (error) {
      outcome = "FAIL";
      notes.push(`FAIL: ${runtime}, ${check}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  outcomes.set(key(runtime, check), outcome);
  console.error(`${outcome}: ${runtime}, ${check} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}
await place.close();

for (const table of new Set(selected.map(({ table }) => table))) {
  const own = selected.filter((entry) => entry.table === table);
  const checks = [...new Set(own.map(({ check }) => check))];
  const rows = [...new Set(own.map(({ runtime }) => runtime))].map((runtime) => [
    runtime,
    ...checks.map((check) => outcomes.get(key(runtime, check)) ?? ""),
  ]);
  console.log(`\n${markdown([[table, ...checks], ...rows])}`);
}
console.log(`\n${versions()}`);
if (notes.length > 0) console.log(`\n${notes.join("\n")}`);
process.exitCode = [...outcomes.values()].includes("FAIL") ? 1 : 0;

/** A table that reads well in a terminal and is Markdown. */
function markdown(rows: string[][]): string {
  const widths = (rows[0] as string[]).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) => `| ${row.map((text, column) => text.padEnd(widths[column] as number)).join(" | ")} |`;
  const [head, ...body] = rows as [string[], ...string[][]];
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
