/**
 * What this machine and this V8 can do at most with 128-bit lanes, measured in the process that measures the LSTMs: the
 * multiplications and additions of a matrix product's inner loop with its operands in L1, and reading. The loops are
 * written by hand in WebAssembly text, because what a compiler makes of a loop is part of what is to be found out.
 */
import binaryen from "binaryen";
import { RELAXED_PROBE } from "./ours.js";

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

const ROUNDS = 12;
/** Milliseconds of one round, and of half the warm-up. */
const SLICE = 8;
/** Depth of the tile's sums: A and B take 6 kB. */
const K = 128;
const FLOPS_OF_TILE = 2 * 4 * 8 * K;
const KILOBYTES = [16, 256, 8 * 1024, 64 * 1024];

export function measureLimits(): Limits {
  const tiles = Object.fromEntries(TILES.map((tile) => [tile.name, gflops(tile)]));
  const relaxed = WebAssembly.validate(RELAXED_PROBE)
    ? RELAXED_TILES.map((tile) => [tile.name, gflops(tile)] as const)
    : [];
  const readBy = bandwidths();
  const read = Object.entries(readBy).map(([size, by]) => [size, Math.max(...Object.values(by))]);
  return {
    peak: Math.max(...Object.values(tiles)),
    ...(relaxed.length > 0 ? { relaxedPeak: Math.max(...relaxed.map(([, value]) => value)) } : {}),
    tiles: { ...tiles, ...Object.fromEntries(relaxed) },
    read: Object.fromEntries(read),
    readBy,
  };
}

/** A loop that runs into one limit. */
export interface Loop {
  readonly run: () => void;
  /** Multiplications and additions of a run. */
  readonly flops: number;
}

/** The peak's loop again, to take its turn with what is measured against it. */
export function peakLoop({ tiles }: Limits): Loop {
  const speed = ({ name }: Tile) => tiles[name] as number;
  const best = TILES.reduce((best, tile) => (speed(tile) > speed(best) ? tile : best));
  const repeat = instantiate(tileModule(best), "tile");
  const times = 100;
  return { run: () => void repeat(times), flops: FLOPS_OF_TILE * times };
}

interface Tile {
  readonly name: string;
  /** How A (4, K) lies: one row after the other, each with its pointer, or the four values of each k together. */
  readonly a: "rows" | "packed";
  readonly unroll: number;
  readonly relaxed: boolean;
}

const tiles = (relaxed: boolean): Tile[] =>
  (["packed", "rows"] as const).flatMap((a) =>
    [1, 2].map((unroll) => ({
      name: `4x8 ${relaxed ? "relaxed_madd" : "mul + add"}, A ${a}, k by ${unroll}`,
      a,
      unroll,
      relaxed,
    })),
  );
const TILES = tiles(false);
const RELAXED_TILES = tiles(true);

function gflops(tile: Tile): number {
  const repeat = instantiate(tileModule(tile), "tile");
  return (FLOPS_OF_TILE / secondsOf(repeat)) * 1e-9;
}

/** `tile(times)`: C (4, 8) = A (4, K) * B (K, 8), all in the first 8 kB. */
function tileModule({ a, unroll, relaxed }: Tile): string {
  const rows = [0, 1, 2, 3];
  const pointers = a === "rows" ? rows.map((row) => `$a${row}`) : ["$a0"];
  const [bStart, cStart] = [4 * K * 4, 12 * K * 4];
  const add = (sum: string, x: string, y: string) =>
    relaxed ? `(f32x4.relaxed_madd ${x} ${y} ${sum})` : `(f32x4.add ${sum} (f32x4.mul ${x} ${y}))`;
  const step = (k: number) => `
      (local.set $b0 (v128.load offset=${k * 32} (local.get $b)))
      (local.set $b1 (v128.load offset=${k * 32 + 16} (local.get $b)))
      ${rows
        .map((row) => {
          const offset = a === "rows" ? k * 4 : k * 16 + row * 4;
          return `
      (local.set $x (v128.load32_splat offset=${offset} (local.get ${a === "rows" ? `$a${row}` : "$a0"})))
      (local.set $c${row}0 ${add(`(local.get $c${row}0)`, "(local.get $x)", "(local.get $b0)")})
      (local.set $c${row}1 ${add(`(local.get $c${row}1)`, "(local.get $x)", "(local.get $b1)")})`;
        })
        .join("")}`;
  const sums = rows.flatMap((row) => [`$c${row}0`, `$c${row}1`]);
  const advance = (pointer: string, bytes: number) =>
    `(local.set ${pointer} (i32.add (local.get ${pointer}) (i32.const ${bytes})))`;
  return `(module (memory (export "memory") 1)
  (func (export "tile") (param $times i32)
    (local $b i32) ${pointers.map((pointer) => `(local ${pointer} i32)`).join(" ")}
    (local $x v128) (local $b0 v128) (local $b1 v128) ${sums.map((sum) => `(local ${sum} v128)`).join(" ")}
    (loop $again
      (local.set $b (i32.const ${bStart}))
      ${pointers.map((pointer, row) => `(local.set ${pointer} (i32.const ${row * K * 4}))`).join("\n      ")}
      ${sums.map((sum) => `(local.set ${sum} (v128.const i32x4 0 0 0 0))`).join("\n      ")}
      (loop $k
        ${Array.from({ length: unroll }, (_, k) => step(k)).join("")}
        ${pointers.map((pointer) => advance(pointer, unroll * (a === "rows" ? 4 : 16))).join(" ")}
        ${advance("$b", unroll * 32)}
        (br_if $k (i32.lt_u (local.get $b) (i32.const ${bStart + K * 32}))))
      ${sums.map((sum, index) => `(v128.store offset=${cStart + index * 16} (i32.const 0) (local.get ${sum}))`).join("\n      ")}
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $again (local.get $times)))))`;
}

function bandwidths(): Record<string, Record<string, number>> {
  const loops = [4, 16].map((loads) => [`${loads} loads`, instantiate(readModule(loads), "read")] as const);
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

type Kernel = (...parameters: number[]) => unknown;

function instantiate(text: string, name: string): Kernel {
  const module = binaryen.parseText(text);
  const bytes = module.emitBinary();
  module.dispose();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource));
  // Memory that was never written is one page of zeros to the system, and so would always be in L1.
  new Float32Array((exports.memory as WebAssembly.Memory).buffer).fill(0.5);
  return exports[name] as Kernel;
}

/** Seconds of one of `times`, in the best round. V8 replaces code only between calls, so there are many. */
function secondsOf(repeat: (times: number) => unknown): number {
  let times = 1;
  const time = () => {
    const start = performance.now();
    repeat(times);
    return performance.now() - start;
  };
  while (time() < SLICE / 8) times *= 2;
  for (let call = 0; call < 16; call++) time();
  let best = Number.POSITIVE_INFINITY;
  // A browser's clock may say that it took none.
  for (let round = 0; round < 8 * ROUNDS; round++) best = Math.min(best, time() || Number.POSITIVE_INFINITY);
  return best / times / 1000;
}
