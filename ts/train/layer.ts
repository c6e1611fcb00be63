import { forget, outOfMemory, release } from "../core.js";
import { LSTMError } from "../errors.js";
import { noForward } from "../gradients.js";
import type { Home, Placed } from "../home.js";
import { type Instance, instance, type Kernels } from "../instance.js";
import { Module } from "../module.js";
import { checkCount } from "../options.js";
import { Parameter } from "../parameter.js";
import { product } from "../tensor.js";

/** Numbers of the buffers in `layerAddress`. */
export const [INPUT, OUTPUT, INPUT_GRADIENT] = [0, 1, 2] as const;

/** A layer inside WebAssembly, by its handle. */
export class LayerCore implements Home {
  readonly family = 1;
  readonly instance: Instance;
  readonly parameters: readonly Placed[];
  readonly #id: number;
  #disposed = false;
  #changed = true;

  constructor(
    /** What an error calls the owner, "Linear" say. */
    readonly owner: string,
    make: (kernels: Kernels) => number,
    shapes: readonly (readonly [name: string, shape: readonly number[]])[],
  ) {
    this.instance = instance();
    const { kernels } = this.instance;
    this.#id = make(kernels);
    if (this.#id < 0)
      throw outOfMemory(`${/^[AEIOU]/.test(owner) ? "an" : "a"} ${owner} of these sizes`, kernels.refusedBytes());
    this.parameters = shapes.map(([name, shape], index) => {
      const start = kernels.layerParameter(this.#id, index, false) >>> 2;
      return { name, shape: Object.freeze([...shape]), start, length: product(shape) };
    });
    forget?.register(this, release(this.instance, "layerFree", this.#id), this);
  }

  get id(): number {
    if (this.#disposed) throw new LSTMError("DISPOSED", `this ${this.owner} was disposed`);
    return this.#id;
  }

  peek({ start, length }: Placed): Float32Array {
    this.id; // throws once disposed
    this.instance.check();
    return this.instance.floats.subarray(start, start + length);
  }

  values(parameter: Placed): Float32Array {
    this.#changed = true;
    return this.peek(parameter);
  }

  gradient(index: number): Float32Array | null {
    const { kernels } = this.instance;
    const start = kernels.layerParameter(this.id, index, true) >>> 2;
    return start === 0 ? null : this.instance.floats.subarray(start, start + (this.parameters[index] as Placed).length);
  }

  /** Makes room for a forward of so many rows, and if it trains for its backward. */
  reserve(rows: number, trains: boolean): void {
    const { kernels } = this.instance;
    const status = kernels.layerReserve(this.id, Math.min(rows, MOST), trains);
    if (status !== 0) throw outOfMemory(`a call of ${rows} rows`, kernels.refusedBytes());
  }

  /** First value of a buffer, as an index into the instance's floats; every reservation may move it. */
  at(buffer: number): number {
    return this.instance.kernels.layerAddress(this.id, buffer) >>> 2;
  }

  /** Runs over what was reserved, with every written weight in effect. */
  forward(): void {
    this.#refresh();
    this.instance.kernels.layerForward(this.id);
  }

  /** Goes back through the last forward. */
  backward(): void {
    this.#refresh();
    this.instance.kernels.layerBackward(this.id);
  }

  #refresh(): void {
    if (this.#changed) this.instance.kernels.layerChanged(this.id);
    this.#changed = false;
  }

  /** Gives the memory back; once is enough. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forget?.unregister(this);
    release(this.instance, "layerFree", this.#id)();
  }
}

/** More rows than fit; WebAssembly takes 32-bit sizes. */
const MOST = 2 ** 31 - 1;

/** A module with parameters of its own, which maps each row by itself. */
export abstract class Layer extends Module {
  /** @internal */
  protected readonly core: LayerCore;
  readonly #parameters: readonly Parameter[];
  /** The leading dimensions of the training forward that waits for its backward. */
  protected waiting: readonly number[] | undefined;

  /** @internal */
  protected constructor(core: LayerCore) {
    super();
    this.core = core;
    this.#parameters = core.parameters.map((placed, index) => new Parameter(core, placed, index));
  }

  override namedParameters(): [string, Parameter][] {
    return this.#parameters.map((parameter) => [parameter.name, parameter]);
  }

  override dispose(): void {
    this.core.dispose();
  }

  /** @internal */
  override forget(): void {
    this.core.id; // throws once disposed
    this.waiting = undefined;
  }

  /** The leading dimensions that backward goes back to. */
  protected taken(): readonly number[] {
    this.core.id; // throws once disposed
    if (this.waiting === undefined) throw noForward(this.core.owner, this.training);
    return this.waiting;
  }
}

/** A seed option, which may be missing. */
export function checkSeed(seed: unknown): number | undefined {
  return seed === undefined ? undefined : checkCount("seed", seed);
}
