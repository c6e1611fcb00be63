/**
 * The inner loop of a matrix product with its operands in L1, in WebAssembly text: written by hand, because what a compiler
 * makes of a loop is part of what is to be found out.
 */

/** Depth of the tile's sums, in float32 or in pairs: A and B take 6 kB at most. */
const K = 128;

/** How a vector of B is loaded and multiplied: four float32, or four pairs of int16, which may lie as int8. */
const PRODUCTS = {
  "mul + add": { load: "v128.load", bytes: 16, perLane: 1, add: "f32x4.add", multiply: "f32x4.mul" },
  relaxed_madd: { load: "v128.load", bytes: 16, perLane: 1, add: "f32x4.relaxed_madd" },
  "dot of int16": { load: "v128.load", bytes: 16, perLane: 2, add: "i32x4.add", multiply: "i32x4.dot_i16x8_s" },
  "dot of int8": { load: "v128.load8x8_s", bytes: 8, perLane: 2, add: "i32x4.add", multiply: "i32x4.dot_i16x8_s" },
} as const;
type Product = keyof typeof PRODUCTS;

export interface Tile {
  readonly name: string;
  readonly product: Product;
  /** How A (4, K) lies: one row after the other, each with its pointer, or the four values of each k together. */
  readonly a: "rows" | "packed";
  readonly unroll: number;
  /** Multiplications and additions of one tile. */
  readonly flops: number;
}

const tiles = (product: Product): Tile[] =>
  (["packed", "rows"] as const).flatMap((a) =>
    [1, 2].map((unroll) => ({
      name: `4x8 ${product}, A ${a}, k by ${unroll}`,
      product,
      a,
      unroll,
      flops: 2 * 4 * 8 * K * PRODUCTS[product].perLane,
    })),
  );

export const TILES = tiles("mul + add");
export const RELAXED_TILES = tiles("relaxed_madd");
export const INTEGER_TILES = { int16: tiles("dot of int16"), int8: tiles("dot of int8") } as const;

/** `tile(times)`: C (4, 8) = A (4, K) * B (K, 8), all in the first 8 kB. */
export function tileModule({ product, a, unroll }: Tile): string {
  const rows = [0, 1, 2, 3];
  const pointers = a === "rows" ? rows.map((row) => `$a${row}`) : ["$a0"];
  const [bStart, cStart] = [4 * K * 4, 12 * K * 4];
  const { load, bytes, add, multiply } = { multiply: undefined, ...PRODUCTS[product] };
  const plus = (sum: string, x: string, y: string) =>
    multiply ? `(${add} ${sum} (${multiply} ${x} ${y}))` : `(${add} ${x} ${y} ${sum})`;
  const step = (k: number) => `
      (local.set $b0 (${load} offset=${2 * k * bytes} (local.get $b)))
      (local.set $b1 (${load} offset=${(2 * k + 1) * bytes} (local.get $b)))
      ${rows
        .map((row) => {
          const offset = a === "rows" ? k * 4 : k * 16 + row * 4;
          return `
      (local.set $x (v128.load32_splat offset=${offset} (local.get ${a === "rows" ? `$a${row}` : "$a0"})))
      (local.set $c${row}0 ${plus(`(local.get $c${row}0)`, "(local.get $x)", "(local.get $b0)")})
      (local.set $c${row}1 ${plus(`(local.get $c${row}1)`, "(local.get $x)", "(local.get $b1)")})`;
        })
        .join("")}`;
  const sums = rows.flatMap((row) => [`$c${row}0`, `$c${row}1`]);
  const advance = (pointer: string, by: number) =>
    `(local.set ${pointer} (i32.add (local.get ${pointer}) (i32.const ${by})))`;
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
        ${advance("$b", unroll * 2 * bytes)}
        (br_if $k (i32.lt_u (local.get $b) (i32.const ${bStart + K * 2 * bytes}))))
      ${sums.map((sum, index) => `(v128.store offset=${cStart + index * 16} (i32.const 0) (local.get ${sum}))`).join("\n      ")}
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $again (local.get $times)))))`;
}
