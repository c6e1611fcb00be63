import type { CheckedOptions } from "../checks/options.js";
import type { Cell } from "./cells.js";

/** What follows from the cell and the options. */
export interface Sizes {
  readonly cell: Cell;
  /** Whether this is one step of one layer, without dimensions for steps and layers. */
  readonly single: boolean;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly batchFirst: boolean;
  readonly directions: number;
  /** `D * layers`, the leading dimension of the states. */
  readonly states: number;
  /** `H_out`, the columns of h. */
  readonly hSize: number;
  /** `D * H_out`, the columns of a layer's output. */
  readonly outputSize: number;
  /** Columns of each of the cell's states: H_out of h, H of c. Not frozen, since elements of a frozen array are slow. */
  readonly columns: readonly number[];
  /** The names of the states before the first step, and of the gradients of those after the last. */
  readonly stateNames: readonly string[];
  readonly gradientNames: readonly string[];
}

export function sizesOf(cell: Cell, options: CheckedOptions, single: boolean): Sizes {
  const { inputSize, hiddenSize, batchFirst } = options;
  const directions = options.bidirectional ? 2 : 1;
  const hSize = options.projSize || hiddenSize;
  return {
    cell,
    single,
    inputSize,
    hiddenSize,
    batchFirst,
    directions,
    states: options.numLayers * directions,
    hSize,
    outputSize: hSize * directions,
    columns: cell.states.map((name) => (name === "h" ? hSize : hiddenSize)),
    stateNames: single ? cell.states : cell.states.map((name) => `${name}0`),
    gradientNames: cell.states.map((name) => `grad${name.toUpperCase()}${single ? "" : "n"}`),
  };
}
