/** Tables for people. */
import stringWidth from "string-width";
import { printable } from "./terminal.js";

/** Rows under their headings, in aligned columns; those of numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, at) => Math.max(...all.map((row) => stringWidth(row[at] ?? ""))));
  const right = headings.map((_, at) => rows.every((row) => /^[\d.,]+( \S+)?$/.test(row[at] ?? "")));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => {
        const room = " ".repeat((widths[at] ?? 0) - stringWidth(cell));
        return right[at] ? room + cell : cell + room;
      })
      .join("  ")
      .trimEnd();
  return all.map((row) => `${line(row)}\n`).join("");
}

/** 1536 as "1.5 kB". */
export function bytesText(count: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let [value, unit] = [count, 0];
  for (; value >= 999.5 && unit < 3; unit++) value /= 1000;
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`;
}

export const thousands = (count: number): string => Math.round(count).toLocaleString("en");

/** Bold on a terminal that has colours, and NO_COLOR is not set. */
export const bold = (text: string): string =>
  process.stdout.isTTY && process.stdout.hasColors() ? `\u001b[1m${text}\u001b[22m` : text;
