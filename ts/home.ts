import type { Instance } from "./instance.js";

/** A parameter as the core lays it out. */
export interface Placed {
  readonly name: string;
  readonly shape: readonly number[];
  /** First value, as an index into the instance's floats. It never moves. */
  readonly start: number;
  readonly length: number;
}

/** Where parameters live: an object inside WebAssembly. */
export interface Home {
  readonly instance: Instance;
  /** How crates/lstm-wasm/src/train.rs finds the object: 0 for an LSTM, 1 for a layer. */
  readonly family: number;
  /** The handle, if the object still lives. */
  readonly id: number;
  readonly parameters: readonly Placed[];
  /** A fresh view of a parameter, to read. */
  peek(parameter: Placed): Float32Array;
  /** A fresh view of a parameter, which the caller may write through. */
  values(parameter: Placed): Float32Array;
  /** A fresh view of a parameter's gradient; null before the first training forward. */
  gradient(index: number): Float32Array | null;
}
