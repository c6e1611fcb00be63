import Papa from "papaparse";

/** More than this, and each look at the whole series would take the worker too long. */
const MOST_VALUES = 10_000;

/** Why a file is not taken. Rows are counted from 1. */
export type CsvProblem =
  | { readonly kind: "empty" }
  | { readonly kind: "not a number"; readonly row: number; readonly cell: string }
  | { readonly kind: "columns"; readonly row: number; readonly expected: number; readonly got: number }
  | { readonly kind: "quotes"; readonly row: number }
  | { readonly kind: "long"; readonly most: number; readonly got: number };

/** The numbers in the last column of a CSV file, which may have a row of titles and any common separator. */
export function readCsv(text: string): { readonly values: readonly number[] } | { readonly problem: CsvProblem } {
  const { data, errors } = Papa.parse<string[]>(text.trim(), { skipEmptyLines: false });
  const quotes = errors.find(({ type }) => type === "Quotes");
  if (quotes !== undefined) return { problem: { kind: "quotes", row: (quotes.row ?? 0) + 1 } };
  const columns = data[0]?.length ?? 0;
  const values: number[] = [];
  for (const [index, cells] of data.entries()) {
    const row = index + 1;
    if (cells.length === 1 && cells[0]?.trim() === "") continue;
    if (cells.length !== columns) return { problem: { kind: "columns", row, expected: columns, got: cells.length } };
    const cell = cells[columns - 1]?.trim() ?? "";
    const value = cell === "" ? Number.NaN : Number(cell);
    if (Number.isFinite(value)) values.push(value);
    else if (row > 1) return { problem: { kind: "not a number", row, cell } };
  }
  if (values.length === 0) return { problem: { kind: "empty" } };
  if (values.length > MOST_VALUES) return { problem: { kind: "long", most: MOST_VALUES, got: values.length } };
  return { values };
}
