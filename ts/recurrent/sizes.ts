import type { CheckedOptions } from "../checks/options.js";
import type { Cell } from "./cells.js";

/** What follows from the cell and the options. */
export class Sizes {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly directions: number;
  /** `D * layers`, the leading dimension of the states. */
  readonly states: number;
  /** `H_out`, the columns of h. */
  readonly hSize: number;
  /** `D * H_out`, the columns of a layer's output. */
  readonly outputSize: number;
  /** Columns of each of the cell's states: H_out of h, H of c. Not frozen, since elements of a frozen array are slow. */
  readonly columns: readonly number[];
  readonly batchFirst: boolean;
  /** The names of the states before the first step, and of the gradients of those after the last. */
  readonly stateNames: readonly string[];
  readonly gradientNames: readonly string[];

  /** @param single whether this is one step of one layer, without dimensions for steps and layers */
  constructor(
    readonly cell: Cell,
    options: CheckedOptions,
    readonly single: boolean,
  ) {
    this.inputSize = options.inputSize;
    this.hiddenSize = options.hiddenSize;
    this.directions = options.bidirectional ? 2 : 1;
    this.states = options.numLayers * this.directions;
    this.hSize = options.projSize || options.hiddenSize;
    this.outputSize = this.hSize * this.directions;
    this.columns = cell.states.map((name) => (name === "h" ? this.hSize : this.hiddenSize));
    this.batchFirst = options.batchFirst;
    this.stateNames = single ? cell.states : cell.states.map((name) => `${name}0`);
    this.gradientNames = cell.states.map((name) => `grad${name.toUpperCase()}${single ? "" : "n"}`);
  }
}
