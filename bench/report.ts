import { type Case, flops, nameOf, type RecordedCase } from "./cases.js";
import type { Outcome, Time } from "./harness.js";
import type { Limits } from "./limits.js";

export interface Row {
  readonly one: Case;
  readonly outcome: Outcome;
}

/** What a contestant can do when nothing else runs: its fastest round, and how many times ours that is. */
export function fastestTables(rows: readonly Row[], peak: number): string {
  return cellTables("fastest", rows, ({ speed }) => speed / peak);
}

/** What it did on the whole: the median of its rounds, and of the part of the peak that it reached in each. */
export function medianTables(rows: readonly Row[]): string {
  return cellTables("median", rows, ({ outcome }) => outcome.peak.share);
}

/** A table for each of LSTM, GRU and RNN, with the columns of those who have it. */
function cellTables(...[which, rows, share]: Parameters<typeof caseTable>): string {
  const tables = ["LSTM", "GRU", "RNN"].map((cell) => rows.filter(({ one }) => one.cell.startsWith(cell)));
  return tables
    .filter((rows) => rows.length > 0)
    .map((rows) => caseTable(which, rows, share))
    .join("\n\n");
}

function caseTable(
  which: keyof Time,
  rows: readonly Row[],
  share: (one: { outcome: Outcome; speed: number }) => number,
): string {
  const ours = "lstm-wasm";
  const others = [...new Set(rows.flatMap(({ outcome }) => Object.keys(outcome.times)))].filter(
    (name) => name !== ours,
  );
  const header = [`${which}, us`, ours, "GFLOP/s", "of peak", ...others];
  const lines = rows.map(({ one, outcome }) => {
    const own = outcome.times[ours]?.[which];
    const speed = own && gflops(one, own);
    return [
      nameOf(one),
      own ? microseconds(own) : "-",
      speed ? speed.toFixed(1) : "-",
      speed ? `${(share({ outcome, speed }) * 100).toFixed(0)} %` : "-",
      ...others.map((name) => against(outcome.times[name]?.[which], outcome.times[oursLike(name)]?.[which])),
    ];
  });
  return table([header, ...lines]);
}

/** Ours that does the same as this one: with `out` or without. */
export function oursLike(name: string): string {
  return name.endsWith(", no out") && name !== "lstm-wasm, no out" ? "lstm-wasm, no out" : "lstm-wasm";
}

function against(time: number | undefined, own: number | undefined): string {
  if (time === undefined) return "-";
  return own ? `${microseconds(time)} (${ratio(time / own)})` : microseconds(time);
}

/** GFLOP/s of a case that takes so many microseconds. */
export function gflops(one: RecordedCase, microseconds: number): number {
  return flops(one) / microseconds / 1000;
}

export function limitsTable({ peak, relaxedPeak, tiles, read, readBy }: Limits): string {
  const fused = relaxedPeak ? `, with relaxed_madd ${relaxedPeak.toFixed(1)}` : "";
  const widths = Object.keys(Object.values(readBy)[0] ?? {});
  return [
    `Limits of this machine and engine, one thread, 128-bit lanes: the peak is ${peak.toFixed(1)} GFLOP/s${fused}`,
    table([["loop", "GFLOP/s"], ...Object.entries(tiles).map(([name, value]) => [name, value.toFixed(1)])]),
    table([
      ["reading, GB/s", ...widths, "best"],
      ...Object.entries(readBy).map(([kilobytes, by]) => [
        `${kilobytes} kB`,
        ...widths.map((width) => (by[width] as number).toFixed(0)),
        (read[kilobytes] as number).toFixed(0),
      ]),
    ]),
  ].join("\n\n");
}

/** Three digits: more is noise. */
export function microseconds(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

export function ratio(value: number): string {
  return `x${value >= 99.5 ? value.toFixed(0) : value.toPrecision(3)}`;
}

/** Markdown, with its columns aligned; the first column is text, the others are figures. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (column === 0 ? (cells[column] ?? "").padEnd(width) : (cells[column] ?? "").padStart(width))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  const [header = [], ...body] = rows;
  return [line(header), rule, ...body.map(line)].join("\n");
}
