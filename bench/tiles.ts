/**
 * The inner loop of a matrix product with its operands in L1, in WebAssembly text: written by hand, because what a compiler
 * makes of a loop is part of what is to be found out.
 */

/** Depth of the tile's sums, in float32 or in pairs: A and B take 17 kB at most. */
const K = 128;

type Product = "mul + add" | "relaxed_madd" | "dot of int16" | "dot of int8";

interface ProductOf {
  readonly load: string;
  /** Of a vector of B in memory. */
  readonly bytes: number;
  /** How many products a lane makes at once. */
  readonly perLane: number;
  readonly add: string;
  /** Left out where `add` multiplies too. */
  readonly multiply?: string;
}

/** How a vector of B is loaded and multiplied: four float32, or four pairs of int16, which may lie as int8. */
const PRODUCTS: Readonly<Record<Product, ProductOf>> = {
  "mul + add": { load: "v128.load", bytes: 16, perLane: 1, add: "f32x4.add", multiply: "f32x4.mul" },
  relaxed_madd: { load: "v128.load", bytes: 16, perLane: 1, add: "f32x4.relaxed_madd" },
  "dot of int16": { load: "v128.load", bytes: 16, perLane: 2, add: "i32x4.add", multiply: "i32x4.dot_i16x8_s" },
  "dot of int8": { load: "v128.load8x8_s", bytes: 8, perLane: 2, add: "i32x4.add", multiply: "i32x4.dot_i16x8_s" },
};

export interface Tile {
  readonly name: string;
  readonly product: Product;
  /** Rows of A, and vectors of four columns of B. */
  readonly shape: readonly [rows: number, vectors: number];
  /** How A (rows, K) lies: one row after the other, each with its pointer, or the values of each k together. */
  readonly a: "rows" | "packed";
  readonly unroll: number;
  /** Multiplications and additions of one tile. */
  readonly flops: number;
}

type Layout = Tile["a"];
const tiles = (
  product: Product,
  shape: Tile["shape"],
  layouts: readonly Layout[] = ["packed", "rows"],
  unrolls: readonly number[] = [1, 2],
): Tile[] =>
  layouts.flatMap((a) =>
    unrolls.map((unroll) => ({
      name: `${shape[0]}x${4 * shape[1]} ${product}, A ${a}, k by ${unroll}`,
      product,
      shape,
      a,
      unroll,
      flops: 2 * shape[0] * shape[1] * 4 * K * PRODUCTS[product].perLane,
    })),
  );

export const TILES = tiles("mul + add", [4, 2]);
export const RELAXED_TILES = tiles("relaxed_madd", [4, 2]);

/** By the kind of weights, for one row. */
const rowTiles = (product: Product) => [4, 8].flatMap((vectors) => tiles(product, [1, vectors], ["packed"], [1, 2, 4]));
/** For four rows and for one, by the kind of weights. */
export const KINDS = {
  float32: { tile: TILES, row: rowTiles("mul + add") },
  int8: { tile: tiles("dot of int8", [4, 2]), row: rowTiles("dot of int8") },
  int16: { tile: tiles("dot of int16", [4, 2]), row: rowTiles("dot of int16") },
} as const;

/** `tile(times)`: C (rows, columns) = A (rows, K) * B (K, columns), all in the first 20 kB. */
export function tileModule({ product, shape, a, unroll }: Tile): string {
  const [rows, vectors] = shape.map((length) => Array.from({ length }, (_, index) => index)) as [number[], number[]];
  const pointers = a === "rows" ? rows.map((row) => `$a${row}`) : ["$a0"];
  const { load, bytes, add, multiply } = PRODUCTS[product];
  const ofB = vectors.length * bytes;
  const bStart = rows.length * K * 4;
  const cStart = bStart + ofB * K;
  const plus = (sum: string, x: string, y: string) =>
    multiply ? `(${add} ${sum} (${multiply} ${x} ${y}))` : `(${add} ${x} ${y} ${sum})`;
  const vectorOfB = (k: number, vector: number) => `(${load} offset=${k * ofB + vector * bytes} (local.get $b))`;
  // What only one row multiplies needs no register: x86's instructions take an operand from memory.
  const keep = rows.length > 1;
  const step = (k: number) => {
    const loads = keep ? vectors.map((vector) => `(local.set $b${vector} ${vectorOfB(k, vector)})`) : [];
    const products = rows.flatMap((row) => {
      const [pointer, offset] = a === "rows" ? [`$a${row}`, k * 4] : ["$a0", (k * rows.length + row) * 4];
      const adds = vectors.map((vector) => {
        const b = keep ? `(local.get $b${vector})` : vectorOfB(k, vector);
        const sum = `$c${row}${vector}`;
        return `(local.set ${sum} ${plus(`(local.get ${sum})`, "(local.get $x)", b)})`;
      });
      return [`(local.set $x (v128.load32_splat offset=${offset} (local.get ${pointer})))`, ...adds];
    });
    return [...loads, ...products].join("\n        ");
  };
  const sums = rows.flatMap((row) => vectors.map((vector) => `$c${row}${vector}`));
  const advance = (pointer: string, by: number) =>
    `(local.set ${pointer} (i32.add (local.get ${pointer}) (i32.const ${by})))`;
  return `(module (memory (export "memory") 1)
  (func (export "tile") (param $times i32)
    (local $b i32) ${pointers.map((pointer) => `(local ${pointer} i32)`).join(" ")}
    (local $x v128) ${[...vectors.map((vector) => `$b${vector}`), ...sums].map((name) => `(local ${name} v128)`).join(" ")}
    (loop $again
      (local.set $b (i32.const ${bStart}))
      ${pointers.map((pointer, row) => `(local.set ${pointer} (i32.const ${row * K * 4}))`).join("\n      ")}
      ${sums.map((sum) => `(local.set ${sum} (v128.const i32x4 0 0 0 0))`).join("\n      ")}
      (loop $k
        ${Array.from({ length: unroll }, (_, k) => step(k)).join("\n        ")}
        ${pointers.map((pointer) => advance(pointer, unroll * (a === "rows" ? 4 : 4 * rows.length))).join(" ")}
        ${advance("$b", unroll * ofB)}
        (br_if $k (i32.lt_u (local.get $b) (i32.const ${cStart}))))
      ${sums.map((sum, index) => `(v128.store offset=${cStart + index * 16} (i32.const 0) (local.get ${sum}))`).join("\n      ")}
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $again (local.get $times)))))`;
}
