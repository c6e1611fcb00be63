import { shapeText } from "./describe.js";
import type { Home, Placed } from "./home.js";
import { tensorOfShape } from "./shape.js";
import type { TensorInput } from "./tensor.js";
import { formatTensor } from "./tensor-format.js";
import { UNCLONEABLE } from "./uncloneable.js";

/** A weight or bias: PyTorch's name and shape, and its values where they live. */
export class Parameter {
  static readonly name = "Parameter";
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
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

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
  }

  /** Name, shape and values, these as PyTorch prints a tensor. */
  toString(): string {
    const head = `Parameter ${this.name} of shape ${shapeText(this.shape)}`;
    try {
      return `${head}:\n${formatTensor(this.peek(), this.shape)}`;
    } catch (error) {
      return `${head}, not to be read: ${(error as Error).message}`; // printing may not throw
    }
  }

  /** What `console.log` shows in Node, Deno and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
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
