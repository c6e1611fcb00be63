import { outOfMemory } from "../core.js";
import { noForward } from "../gradients.js";
import { Home, type Placed } from "../home.js";
import { instance, type Kernels } from "../instance.js";
import { checkCount } from "../options.js";
import { Parametric } from "../parametric.js";
import { product } from "../tensor.js";

/** Numbers of the buffers in `layerAddress`. */
export const INPUT = 0;
export const OUTPUT = 1;
export const INPUT_GRADIENT = 2;

/** @internal A layer inside WebAssembly, by its handle. */
export class LayerCore extends Home {
  readonly parameters: readonly Placed[];

  constructor(
    owner: string,
    make: (kernels: Kernels) => number,
    shapes: readonly (readonly [name: string, shape: readonly number[]])[],
  ) {
    const where = instance();
    const { kernels } = where;
    const handle = make(kernels);
    if (handle < 0) {
      throw outOfMemory(`${/^[AEIOU]/.test(owner) ? "an" : "a"} ${owner} of these sizes`, kernels.refusedBytes());
    }
    super(owner, 1, where, handle, "layerFree");
    this.parameters = shapes.map(([name, shape], index) => {
      const start = kernels.layerParameter(handle, index, false) >>> 2;
      return { name, shape: Object.freeze([...shape]), start, length: product(shape) };
    });
  }

  protected override gradientStart(index: number): number {
    return this.instance.kernels.layerParameter(this.id, index, true) >>> 2;
  }

  protected override refresh(id: number): void {
    this.instance.kernels.layerChanged(id);
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
    this.instance.kernels.layerForward(this.ready());
  }

  /** Goes back through the last forward. */
  backward(): void {
    this.instance.kernels.layerBackward(this.ready());
  }
}

/** More rows than fit; WebAssembly takes 32-bit sizes. */
const MOST = 2 ** 31 - 1;

/** A module with parameters of its own, which maps each row by itself. */
export abstract class Layer extends Parametric {
  /** @internal */
  declare protected readonly core: LayerCore;
  /** @internal The leading dimensions of the training forward that waits for its backward. */
  protected waiting: readonly number[] | undefined;

  /** @internal */
  override forget(): void {
    this.core.id; // throws once disposed
    this.waiting = undefined;
  }

  /** @internal The leading dimensions that backward goes back to. */
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
