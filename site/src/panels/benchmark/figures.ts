import { flops } from "../../../../bench/cases.js";
import { caseOf, NAMES, type Name } from "./cases.js";
import type { Measured, Result, Standing } from "./result.js";

/** How a contestant did in a case. */
export interface Row {
  readonly name: Name;
  /** How far its outputs are from ours, as a part of the largest; `undefined` if it failed. */
  readonly difference: number | undefined;
  /** `undefined` if it was not timed. */
  readonly time: Time | undefined;
}

export interface Time {
  /** Microseconds of a run. */
  readonly fastest: number;
  readonly median: number;
  /** How many times as long as ours, in the fastest rounds. */
  readonly ratio: number;
  /** GFLOP/s in the fastest round, and the part of the peak that they are. */
  readonly speed: number;
  readonly share: number;
}

/** The rows of one of a result's cases. */
export function rowsOf({ kind, standings }: Measured, result: Result): Row[] {
  const operations = flops(caseOf(kind, result));
  const own = standings["lstm-wasm"].fastest;
  return NAMES.flatMap((name): Row[] => {
    const standing: Standing | undefined = standings[name];
    if (standing === undefined) return [];
    const difference = "difference" in standing ? standing.difference : undefined;
    if (!("fastest" in standing)) return [{ name, difference, time: undefined }];
    const { fastest, median } = standing;
    const speed = operations / fastest / 1000;
    return [{ name, difference, time: { fastest, median, ratio: fastest / own, speed, share: speed / result.peak } }];
  });
}

/** The least and the largest ratio of each other contestant over all cases. */
export function ratiosOf(result: Result): { name: Name; least: number; largest: number }[] {
  const rows = result.cases.flatMap((measured) => rowsOf(measured, result));
  return NAMES.slice(1).flatMap((name) => {
    const ratios = rows.flatMap((row) => (row.name === name && row.time ? [row.time.ratio] : []));
    return ratios.length === 0 ? [] : [{ name, least: Math.min(...ratios), largest: Math.max(...ratios) }];
  });
}

/** A time with its unit, in three digits: more is noise. */
export function duration(microseconds: number): string {
  const [unit, size] = (
    [
      ["s", 1e6],
      ["ms", 1e3],
      ["µs", 1],
    ] as const
  ).find(([, size]) => microseconds >= size) ?? ["µs", 1];
  return `${digits(microseconds / size)} ${unit}`;
}

/** Three digits, without a power of ten. */
export function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function percent(part: number): string {
  return `${part < 0.095 ? (part * 100).toPrecision(2) : (part * 100).toFixed(0)} %`;
}

/** A power of ten and a digit: `3e-7`. */
export function tiny(value: number): string {
  return value === 0 ? "0" : value.toExponential(0);
}
