import type { Home, Placed } from "./home.js";
import { tensorOfShape } from "./shape.js";
import type { TensorInput } from "./tensor.js";

/** A weight or bias: PyTorch's name and shape, and its values where they live. */
export class Parameter {
  static readonly name = "Parameter";
  /** PyTorch's name within its module. */
  readonly name: string;
  /** PyTorch's shape, frozen. */
  readonly shape: readonly number[];
  /** @internal */
  readonly home: Home;
  /** @internal */
  readonly index: number;
  readonly #placed: Placed;

  /** @internal */
  constructor(home: Home, placed: Placed, index: number) {
    this.name = placed.name;
    this.shape = placed.shape;
    this.home = home;
    this.index = index;
    this.#placed = placed;
  }

  /**
   * The values themselves, row-major. Writing to them just works; take them anew for each use, because the view goes
   * stale when WebAssembly's memory grows.
   */
  get data(): Float32Array {
    return this.home.values(this.#placed);
  }

  /**
   * The gradient that every `backward` adds to, to read and write; null before the first forward in training mode. Take
   * it anew for each use, like `data`.
   */
  get grad(): Float32Array | null {
    return this.home.gradient(this.index);
  }

  /** Copies values in. @throws LSTMError `SHAPE_MISMATCH` unless the shape is the same */
  set(values: TensorInput): void {
    const { data } = tensorOfShape(this.name, values, this.shape);
    this.data.set(data);
  }

  /** @internal A fresh view of the values, to read. */
  peek(): Float32Array {
    return this.home.peek(this.#placed);
  }

  /** @internal Sets the gradient to 0. */
  zeroGrad(): void {
    const { home, index } = this;
    home.instance.kernels.gradientZero(home.family, home.id, index);
  }
}
