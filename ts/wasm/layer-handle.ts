import { withArticle } from "../checks/describe.js";
import { MAX_SIZE } from "../checks/options.js";
import type { Weights } from "../tensor/quantization.js";
import { product } from "../tensor/tensor.js";
import { currentInstance, type Kernels } from "./instance.js";
import type { NarrowValue } from "./narrow.js";
import { type ParameterInfo, WasmObject } from "./object.js";
import { outOfMemory } from "./out-of-memory.js";

/** Numbers of the buffers in `layerAddress`. */
export const INPUT = 0;
export const OUTPUT = 1;
export const INPUT_GRADIENT = 2;

/** @internal A layer inside WebAssembly, by its handle. */
export class LayerHandle extends WasmObject {
  readonly parameters: readonly ParameterInfo[];

  constructor(
    owner: string,
    make: (kernels: Kernels) => number,
    shapes: readonly (readonly [name: string, shape: readonly number[]])[],
    weights?: Weights,
  ) {
    const instance = currentInstance();
    const { kernels } = instance;
    const handle = make(kernels);
    if (handle < 0) {
      throw outOfMemory(kernels, `${withArticle(owner)} of these sizes`);
    }
    super(owner, 1, instance, handle, "layerFree", weights);
    this.parameters = shapes.map(([name, shape], index) => {
      const start = kernels.layerParameter(handle, index, false) >>> 2;
      return { name, shape: Object.freeze([...shape]), start, length: product(shape) };
    });
  }

  override narrow(): NarrowValue {
    const { id, instance } = this;
    return (row, column, written) => instance.kernels.linearNarrow(id, row, column, written);
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
    const status = kernels.layerReserve(this.id, Math.min(rows, MAX_SIZE), trains);
    if (status !== 0) throw outOfMemory(kernels, `a call of ${rows} rows`);
  }

  /** First value of a buffer, as an index into the instance's floats; every reservation may move it. */
  at(buffer: number): number {
    return this.instance.kernels.layerAddress(this.id, buffer) >>> 2;
  }

  /** Runs over what was reserved, with every written weight in effect. */
  forward(trains: boolean): void {
    this.instance.kernels.layerForward(this.ready(trains));
  }

  override version(): number {
    return this.instance.kernels.layerVersion(this.ready(true));
  }

  /** Goes back through what lies in the input, from the gradient in the output. */
  backward(): void {
    this.uploadGradients();
    this.instance.kernels.layerBackward(this.ready(true));
    this.downloadGradients();
  }
}
