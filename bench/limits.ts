/**
 * What this machine and this V8 can do at most with 128-bit lanes, measured in the process that measures the LSTMs: the
 * multiplications and additions of a matrix product's inner loop (`peak.ts`), and reading.
 */
import { assemble, assembled } from "./assemble.js";
import { RELAXED_PROBE } from "./ours.js";
import { fastestLoop, instantiate, type Loop, secondsOf, speedsOf } from "./peak.js";
import { KINDS, RELAXED_TILES, TILES, type Tile } from "./tiles.js";

export interface Limits {
  /** GFLOP/s of the best loop over a 4 x 8 tile with f32x4.mul and f32x4.add: "the peak". */
  readonly peak: number;
  /** The same with f32x4.relaxed_madd, where the engine has it. */
  readonly relaxedPeak?: number;
  /** GFLOP/s of each loop by its name; the best of those that multiply and add is the peak's. */
  readonly tiles: Readonly<Record<string, number>>;
  /** GB/s of reading (load, mul, add) by kilobytes, the better of 4 and 16 loads an iteration. */
  readonly read: Readonly<Record<string, number>>;
  readonly readBy: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const KILOBYTES = [16, 256, 8 * 1024, 64 * 1024];

export function measureLimits(): Limits {
  const tiles = speedsOf(assembled(TILES));
  const relaxed = WebAssembly.validate(RELAXED_PROBE) ? speedsOf(assembled(RELAXED_TILES)) : {};
  const fused = Object.values(relaxed);
  const readBy = bandwidths();
  const read = Object.entries(readBy).map(([size, by]) => [size, Math.max(...Object.values(by))]);
  return {
    peak: Math.max(...Object.values(tiles)),
    ...(fused.length > 0 ? { relaxedPeak: Math.max(...fused) } : {}),
    tiles: { ...tiles, ...relaxed },
    read: Object.fromEntries(read),
    readBy,
  };
}

/** By the kind of weights, the products that a loop of nothing else makes at most, 10^9 in a second: for four rows, and for one. */
export type Peaks = Readonly<Record<keyof typeof KINDS, { readonly tile: number; readonly row: number }>>;

export function peaks(): Peaks {
  const best = (tiles: readonly Tile[]) => Math.max(...Object.values(speedsOf(assembled(tiles)))) / 2;
  return byKind((kind) => ({ tile: best(KINDS[kind].tile), row: best(KINDS[kind].row) }));
}

/** The highest of several measurements. */
export function highest(all: readonly Peaks[]): Peaks {
  const of = (kind: keyof Peaks, loop: "tile" | "row") => Math.max(...all.map((peaks) => peaks[kind][loop]));
  return byKind((kind) => ({ tile: of(kind, "tile"), row: of(kind, "row") }));
}

const byKind = <T>(of: (kind: keyof Peaks) => T) => ({ float32: of("float32"), int8: of("int8"), int16: of("int16") });

/** The peak's loop again, to take its turn with what is measured against it. */
export function peakLoop({ tiles }: Limits): Loop {
  return fastestLoop(assembled(TILES), tiles);
}

function bandwidths(): Record<string, Record<string, number>> {
  const loops = [4, 16].map((loads) => [`${loads} loads`, instantiate(assemble(readModule(loads)), "read")] as const);
  const sizes = KILOBYTES.map((kilobytes) => {
    const bytes = kilobytes * 1024;
    const by = loops.map(([name, read]) => [name, (bytes / secondsOf((times) => read(times, bytes))) * 1e-9]);
    return [String(kilobytes), Object.fromEntries(by)];
  });
  return Object.fromEntries(sizes);
}

/** `read(times, bytes)`: the sum of the products of all values with a constant. */
function readModule(loads: number): string {
  const sums = Array.from({ length: Math.min(loads, 8) }, (_, index) => `$s${index}`);
  const load = (index: number) => {
    const sum = sums[index % sums.length];
    const value = `(v128.load offset=${index * 16} (local.get $at))`;
    return `(local.set ${sum} (f32x4.add (local.get ${sum}) (f32x4.mul ${value} (local.get $x))))`;
  };
  const total = sums.map((sum) => `(local.get ${sum})`).reduce((left, right) => `(f32x4.add ${left} ${right})`);
  return `(module (memory (export "memory") ${(Math.max(...KILOBYTES) * 1024) / 65536})
  (func (export "read") (param $times i32) (param $bytes i32) (result f32)
    (local $at i32) (local $x v128) ${sums.map((sum) => `(local ${sum} v128)`).join(" ")}
    (local.set $x (f32x4.splat (f32.const 0.5)))
    (loop $again
      (local.set $at (i32.const 0))
      (loop $on
        ${Array.from({ length: loads }, (_, index) => load(index)).join("\n        ")}
        (local.set $at (i32.add (local.get $at) (i32.const ${loads * 16})))
        (br_if $on (i32.lt_u (local.get $at) (local.get $bytes))))
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $again (local.get $times)))
    (f32x4.extract_lane 0 ${total})))`;
}
