/** A result of the benchmark, and the address that carries it. An address may come from anybody: nothing in it is believed. */
import * as v from "valibot";
import { TOLERANCE } from "../../../../bench/harness.js";
import { version } from "../../../../package.json";
import type { Report } from "./benchmark.worker.js";
import { CELLS, KINDS, type Name, type Network, SIZES } from "./cases.js";
import { BROWSERS, type Place, SYSTEMS } from "./place.js";

const within = (least: number, most: number) => v.pipe(v.number(), v.minValue(least), v.maxValue(most));
const whole = (least: number, most: number) => v.pipe(within(least, most), v.integer());
const release = v.pipe(v.string(), v.regex(/^\d{1,4}(\.\d{1,4}){2}(-[a-z\d.]{1,16})?$/));
const microseconds = within(1e-3, 1e10);

const Timed = v.pipe(
  v.strictObject({ difference: within(0, TOLERANCE), fastest: microseconds, median: microseconds }),
  v.check(({ fastest, median }) => fastest <= median),
);
/** Timed, or not timed because its outputs differ by so much, or it failed. */
const Standing = v.union([Timed, v.strictObject({ difference: within(TOLERANCE, 1e12) }), v.strictObject({})]);

const Measured = v.strictObject({
  kind: v.picklist(KINDS),
  standings: v.strictObject({
    "lstm-wasm": Timed,
    "plain JS": v.exactOptional(Standing),
    "onnxruntime-web": v.exactOptional(Standing),
    "tfjs wasm": v.exactOptional(Standing),
    "tfjs cpu": v.exactOptional(Standing),
  } satisfies Record<Name, unknown>),
});

const Result = v.strictObject({
  /** Of lstm-wasm. */
  version: release,
  versions: v.strictObject({ "onnxruntime-web": v.exactOptional(release), tfjs: v.exactOptional(release) }),
  date: v.pipe(v.string(), v.isoDate()),
  browser: v.picklist(BROWSERS),
  release: whole(0, 9999),
  system: v.picklist(SYSTEMS),
  processors: whole(1, 4096),
  /** Milliseconds of the clock's smallest step. */
  clock: within(1e-6, 1e4),
  /** GFLOP/s. */
  peak: within(1e-3, 1e5),
  cell: v.picklist(CELLS),
  size: v.picklist(SIZES),
  cases: v.pipe(
    v.array(Measured),
    v.minLength(1),
    v.check((cases) => new Set(cases.map(({ kind }) => kind)).size === cases.length),
  ),
});

export type Result = v.InferOutput<typeof Result>;
export type Measured = v.InferOutput<typeof Measured>;
export type Standing = v.InferOutput<typeof Standing>;

/** What was measured here, in four digits. */
export function resultOf({ clock, peak, versions, cases }: Report, { cell, size }: Network, place: Place): Result {
  const date = new Date().toISOString().slice(0, 10);
  return v.parse(Result, {
    ...{ version, versions, date, ...place, clock: rounded(clock), peak: rounded(peak), cell, size },
    cases: cases.map(({ kind, outcome: { times, differences, problems } }) => ({
      kind,
      standings: Object.fromEntries(
        [...new Set([...Object.keys(differences), ...Object.keys(problems)])].map((name) => {
          const [time, difference] = [times[name], differences[name]];
          return [
            name,
            {
              ...(difference && { difference: rounded(difference.worst) }),
              ...(time && { fastest: rounded(time.fastest), median: rounded(time.median) }),
            },
          ];
        }),
      ),
    })),
  });
}

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Longer than the address of any result. */
const LONGEST = 4096;

/** The address of a result, from the `#` on. */
export function addressOf(result: Result): string {
  const text = btoa(JSON.stringify(result));
  return `#/benchmark/${text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** The result in an address: `undefined` if it carries none, "invalid" if what it carries is no result. */
export function resultIn(address: string): Result | "invalid" | undefined {
  const [, text = ""] = /^#\/benchmark\/(.+)$/s.exec(address) ?? [];
  if (text === "") return undefined;
  if (text.length > LONGEST || !/^[\w-]+$/.test(text)) return "invalid";
  try {
    const parsed = v.safeParse(Result, JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/"))));
    return parsed.success ? parsed.output : "invalid";
  } catch {
    return "invalid";
  }
}
