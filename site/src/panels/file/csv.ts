import Papa from "papaparse";
import { Problem } from "./problem.js";

/** The rows of a table of numbers: one for each step, perhaps under a row of headings. */
export function rowsOf(csv: string, inputSize: number, most: number): { rows: number[][]; available: number } {
  const { data } = Papa.parse<string[]>(csv, { comments: "#", skipEmptyLines: "greedy" });
  const isHeading = data[0]?.every((field) => Number.isNaN(numberOf(field))) ?? false;
  const table = isHeading ? data.slice(1) : data;
  if (table.length === 0) throw new Problem("csvEmpty");
  const rows = table.slice(0, most).map((fields, index) => {
    const row = index + (isHeading ? 2 : 1);
    const numbers = fields.map(numberOf);
    const wrong = numbers.findIndex(Number.isNaN);
    if (wrong >= 0) throw new Problem("csvNumber", row, wrong + 1, fields[wrong] as string);
    if (numbers.length !== inputSize) throw new Problem("csvColumns", row, numbers.length, inputSize);
    return numbers;
  });
  return { rows, available: table.length };
}

/** NaN for what is no number; an empty field is none. */
const numberOf = (field: string): number => (field.trim() === "" ? Number.NaN : Number(field));
