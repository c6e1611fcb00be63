/**
 * Float32 values in memory of their own: `Float32Array<ArrayBuffer>`, so that `new Blob([values])` compiles. Spelled like
 * this because TypeScript before 5.7 has no such type.
 */
export type Floats = ReturnType<typeof Float32Array.of>;

/** Bytes in memory of their own: `Uint8Array<ArrayBuffer>`; see `Floats`. */
export type Bytes = ReturnType<typeof Uint8Array.of>;

/** Nested arrays of plain numbers, as `Tensor.toArray` makes them. Whatever takes a tensor takes them. */
export type NestedNumbers = (number | NestedNumbers)[];

/** What `Tensor.toArray(rank)` returns, by the rank. */
export interface ArrayOfRank {
  /** The number itself. */
  0: number;
  /** (size) */
  1: number[];
  /** (rows, columns) */
  2: number[][];
  /** (seq, batch, columns), say */
  3: number[][][];
  /** One more. */
  4: number[][][][];
}
