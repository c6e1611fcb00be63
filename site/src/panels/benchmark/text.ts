import { nameOf } from "../../../../bench/cases.js";
import { table } from "../../../../bench/report.js";
import { caseOf } from "./cases.js";
import { digits, duration, percent, rowsOf, tiny } from "./figures.js";
import type { Strings } from "./index.js";
import type { Result } from "./result.js";

/** Where and of what a result is. */
export function headOf(result: Result, strings: Strings): string {
  const { versions, clock, peak } = result;
  const libraries = Object.entries(versions).map(([library, version]) =>
    strings.release(strings.library(library as keyof typeof versions), version),
  );
  const place = [strings.place(result), strings.clock(duration(clock * 1000)), strings.peak(digits(peak))];
  return [...place, ...libraries].join(strings.comma);
}

/** A result in Markdown, to be pasted into a letter or an issue. */
export function textOf(result: Result, address: string, strings: Strings): string {
  const { version, date, cases } = result;
  const tables = cases.map((measured) =>
    table([
      [nameOf(caseOf(measured.kind, result)), ...strings.text.columns],
      ...rowsOf(measured, result).map(({ name, difference, time }, i) => [
        strings.name(name),
        ...(time
          ? [
              duration(time.fastest),
              duration(time.median),
              `×${digits(time.ratio)}`,
              digits(time.speed),
              percent(time.share),
            ]
          : [strings.untimed, "–", "–", "–", "–"]),
        i === 0 || difference === undefined ? "–" : tiny(difference),
      ]),
    ]),
  );
  const head = [strings.text.head(version, date), headOf(result, strings)].join(strings.comma);
  return `${[`${head}\n${strings.text.how}`, ...tables, address].join("\n\n")}\n`;
}
