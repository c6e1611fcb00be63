import type { LayerTrace, Tensor } from "lstm-wasm";

/** One cell reading one character: what goes in, and what the trace has of it. */
export interface CellStep<Name extends string> {
  readonly direction: "forward" | "reverse";
  /** Where the character stands in the sentence, from 0. */
  readonly position: number;
  /** Which step of its direction this is, from 1. */
  readonly t: number;
  readonly x: Float32Array;
  /** The traced values of the step before; zeros at the first. */
  readonly before: Readonly<Record<Name, Float32Array>>;
  /** The traced values of this step. */
  readonly now: Readonly<Record<Name, Float32Array>>;
}

/**
 * The steps of one direction of one layer in the order in which it reads. (A trace indexes the reverse direction by the
 * position in the sentence too.)
 *
 * @param input (T, I)
 * @param names which tensors of the trace
 */
export function stepsOf<Name extends string>(
  layer: LayerTrace<Name>,
  input: Tensor,
  names: readonly Name[],
): CellStep<Name>[] {
  const xs = rows(input);
  const traced = names.map((name) => [name, rows(layer[name])] as const);
  const at = (position: number | undefined) => {
    const row = (all: readonly Float32Array[]) =>
      position === undefined ? new Float32Array((all[0] as Float32Array).length) : (all[position] as Float32Array);
    return Object.fromEntries(traced.map(([name, all]) => [name, row(all)])) as Record<Name, Float32Array>;
  };
  const positions = [...xs.keys()];
  if (layer.direction === "reverse") positions.reverse();
  return positions.map((position, index) => ({
    direction: layer.direction,
    position,
    t: index + 1,
    x: xs[position] as Float32Array,
    before: at(positions[index - 1]),
    now: at(position),
  }));
}

/** The rows of a matrix, as views of it. */
export function rows({ data, shape }: Tensor): Float32Array[] {
  const [count, width] = shape as [number, number];
  return Array.from({ length: count }, (_, row) => data.subarray(row * width, (row + 1) * width));
}

/** Element by element, rounded to float32. */
export const times = (a: Float32Array, b: Float32Array): Float32Array =>
  a.map((value, index) => value * (b[index] as number));
