import { withArticle } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { type CheckedOptions, MAX_SIZE } from "../checks/options.js";
import { WEIGHTS, type Weights } from "../tensor/quantization.js";
import { currentInstance, type Instance } from "../wasm/instance.js";
import type { NarrowValue } from "../wasm/narrow.js";
import { type ParameterInfo, WasmObject } from "../wasm/object.js";
import { outOfMemory } from "../wasm/out-of-memory.js";
import { suffixOf } from "./cells.js";
import type { DropoutDraw } from "./results.js";
import type { Sizes } from "./sizes.js";

/** Error codes of crates/lstm-core/src/error.rs; what options.ts refuses never gets there. */
const REFUSED_PROJ_SIZE = 4;
const OUT_OF_MEMORY = 6;
const REFUSED_BATCH_SIZES = 7;

/** How many steps, sequences and rows a call has; rows are steps * batch unless packed. */
export interface CallShape {
  readonly steps: number;
  readonly batch: number;
  readonly rows: number;
}

const KINDS = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"];

/** Numbers of the buffers in `Kernels.address`; c and its gradient come after those of h. */
const INPUT = 0;
const OUTPUT = 1;
const H = 2;
const BATCH_SIZES = 4;
const D_OUTPUT = 5;
const D_INPUT = 6;
const D_H = 7;

/** The number of a parameter's gradient in `Kernels.parameter`. */
const GRADIENT = 6;

const NO_DROPOUT: DropoutDraw = { seed: 0, call: -1 };

/**
 * Recurrent layers inside WebAssembly, by their handle. `reserve` makes room for a call and finds out where its buffers lie; they
 * stay there until the next `reserve` of this object.
 */
export class RnnHandle extends WasmObject {
  readonly parameters: readonly ParameterInfo[];

  /** What the last reservation made room for; nothing if `#rows` is negative. */
  #steps = 0;
  #batch = 0;
  #rows = -1;

  /** First values of the buffers, as indexes into the instance's floats (words for `batchSizes`). */
  input = 0;
  output = 0;
  batchSizes = 0;
  /** Of each of the cell's states. */
  readonly states: number[];

  /** Whether there was a training forward: only then are there gradients. The memory for backward alone may be a trace's. */
  trained = false;

  constructor(
    owner: string,
    readonly sizes: Sizes,
    readonly options: CheckedOptions,
    weights: Weights = "float32",
  ) {
    const { cell } = sizes;
    const o = options;
    const instance = currentInstance();
    const { kernels } = instance;
    const handle = granted(
      instance,
      kernels.stackNew(
        cell.number + (o.nonlinearity === "relu" ? 1 : 0),
        o.inputSize,
        o.hiddenSize,
        o.numLayers,
        o.projSize,
        o.bias,
        o.bidirectional,
        o.dropout,
        WEIGHTS.indexOf(weights),
      ),
      o,
      `${withArticle(owner)} of these sizes`,
    );
    super(owner, 0, instance, handle, "stackFree", weights);
    this.states = cell.states.map(() => 0);
    this.parameters = this.#places();
  }

  #places(): ParameterInfo[] {
    const length = this.instance.kernels.parameterCount(this.id);
    return Array.from({ length }, (_, index) => this.#place(index, !this.sizes.single));
  }

  #place(index: number, suffixed: boolean): ParameterInfo {
    const fact = (number: number) => this.instance.kernels.parameter(this.id, index, number);
    const [kind, layer, direction, address, rows, columns] = [0, 1, 2, 3, 4, 5].map(fact) as Six;
    const suffix = suffixed ? suffixOf(layer, direction) : "";
    const shape = Object.freeze(columns === 0 ? [rows] : [rows, columns]);
    return { name: `${KINDS[kind]}${suffix}`, shape, start: address >>> 2, length: rows * (columns || 1) };
  }

  override narrow(index: number): NarrowValue {
    const { id, instance } = this;
    return (row, column, written) => instance.kernels.narrow(id, index, row, column, written);
  }

  protected override gradientStart(index: number): number {
    return this.trained ? this.instance.kernels.parameter(this.id, index, GRADIENT) >>> 2 : 0;
  }

  protected override refresh(id: number): void {
    this.instance.kernels.parametersChanged(id);
  }

  /**
   * Whether the last reservation, whoever made it, was of this shape: a call that keeps nothing then needs no other, and
   * no memory moves.
   */
  holds({ steps, batch, rows }: CallShape): boolean {
    return rows === this.#rows && batch === this.#batch && steps === this.#steps;
  }

  /**
   * Makes room for a call of this shape, and if it `keeps` what a trace or its backward reads, for that too: with a checkpoint
   * every so many steps, 0 for none.
   */
  reserve({ steps, batch, rows }: CallShape, keeps: boolean, every = 0): void {
    const { id } = this;
    const { kernels } = this.instance;
    const what = `a call of ${steps} steps and ${batch} sequences`;
    if (steps > MAX_SIZE || batch > MAX_SIZE || rows > MAX_SIZE) {
      const { inputSize, hiddenSize, numLayers } = this.options;
      throw outOfMemory(
        kernels,
        what,
        4 * (rows * (inputSize + hiddenSize) + 2 * batch * numLayers * hiddenSize + 3 * steps),
      );
    }
    this.#rows = -1; // a refused reservation leaves nothing reserved
    // Steps that nobody runs need no room.
    this.expect(kernels.reserve(id, rows === 0 ? 0 : steps, batch, rows, keeps, every), what);
    this.#steps = steps;
    this.#batch = batch;
    this.#rows = rows;
    const at = (buffer: number) => kernels.address(id, buffer) >>> 2;
    this.input = at(INPUT);
    this.output = at(OUTPUT);
    for (let state = 0; state < this.states.length; state++) this.states[state] = at(H + state);
    this.batchSizes = at(BATCH_SIZES);
  }

  /** Runs over what was reserved, and `keeps` what a trace or its backward reads if that was; with dropout if masks are given. */
  forward(batchFirst: boolean, packed: boolean, keeps: boolean, masks?: DropoutDraw): void {
    const { seed, call } = masks ?? NO_DROPOUT;
    this.expect(this.instance.forward(this.ready(keeps), batchFirst, packed, keeps, seed, call), "forward");
  }

  /** Where the gradients of the last training forward's output, input and states go and come from. */
  gradients(): { output: number; input: number; states: readonly number[] } {
    const at = (buffer: number) => this.instance.kernels.address(this.id, buffer) >>> 2;
    return { output: at(D_OUTPUT), input: at(D_INPUT), states: this.states.map((_, state) => at(D_H + state)) };
  }

  override version(): number {
    return this.instance.kernels.version(this.ready(true));
  }

  /** Goes back through training forward `index` of those that wait, the oldest being 0. */
  backward(index: number): void {
    this.uploadGradients();
    this.expect(this.instance.kernels.backward(this.ready(true), index), "backward");
    this.downloadGradients();
  }

  /** Gives up on the training forwards that wait for their backward: all of them, or the last. */
  forget(all = true): void {
    this.instance.kernels.forget(this.id, all);
  }

  /** Copies out what the last training forward kept, see `Kernels.trace`; returns its first value among the floats. */
  trace(layer: number, direction: number, what: number): number {
    return this.instance.kernels.trace(this.id, layer, direction, what) >>> 2;
  }

  /** Copies out norms of the last backward, of one of the cell's states; returns the first among the floats. */
  gradientNorms(layer: number, direction: number, state: number): number {
    return this.instance.kernels.gradientNorms(this.id, layer, direction, state === 1) >>> 2;
  }

  /** A status must be 0. */
  expect(status: number, what: string): void {
    if (status !== 0) granted(this.instance, -status, this.options, what);
  }
}

type Six = [number, number, number, number, number, number];

/** The handle that the core answered; its error if it is negative, which is minus that error's code. */
export function granted(instance: Instance, handle: number, options: CheckedOptions, what: string): number {
  if (handle >= 0) return handle;
  switch (-handle) {
    case REFUSED_PROJ_SIZE: {
      const { hiddenSize, projSize } = options;
      const sizes = `Expected 0 to ${hiddenSize - 1}, got ${projSize}`;
      throw new LSTMError("OPTION", `projSize must be smaller than hiddenSize. ${sizes}`);
    }
    case OUT_OF_MEMORY:
      throw outOfMemory(instance.kernels, what);
    case REFUSED_BATCH_SIZES:
      throw new LSTMError(
        "LENGTHS",
        `${what}: batchSizes do not descend from the batch to 1 and add up to the rows of data`,
      );
    default:
      throw new Error(`${what} was refused with code ${-handle}`);
  }
}
