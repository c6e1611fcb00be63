/**
 * The inner loop of a matrix product with its operands in L1, in WebAssembly text: written by hand, because what a compiler
 * makes of a loop is part of what is to be found out.
 */

export interface Tile {
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
export const TILES = tiles(false);
export const RELAXED_TILES = tiles(true);

/** Depth of the tile's sums: A and B take 6 kB. */
const K = 128;
/** Multiplications and additions of one tile. */
export const FLOPS_OF_TILE = 2 * 4 * 8 * K;

/** `tile(times)`: C (4, 8) = A (4, K) * B (K, 8), all in the first 8 kB. */
export function tileModule({ a, unroll, relaxed }: Tile): string {
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
