import { shapeText } from "../checks/describe.js";
import type { Floats } from "../tensor/arrays.js";
import { formatTensor } from "../tensor/format.js";
import type { Quantization } from "../tensor/quantization.js";
import { tensorOfShape } from "../tensor/shape.js";
import { Tensor, type TensorInput } from "../tensor/tensor.js";
import type { WasmObject } from "../wasm/object.js";
import { UNCLONEABLE } from "./uncloneable.js";

/** A weight or bias: PyTorch's name and shape, its values and their gradient. */
export class Parameter {
  /** The name of the class, also where a minifier renames it. */
  static readonly name = "Parameter";
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
  /** PyTorch's name within its module, `"weight_ih_l0"` say; empty for a parameter of a module of one's own. */
  readonly name: string;
  /** PyTorch's shape, frozen. */
  readonly shape: readonly number[];
  /** @internal */
  readonly object: WasmObject;
  /** @internal */
  readonly index: number;

  /** @internal */
  constructor(object: WasmObject, index: number) {
    this.object = object;
    this.index = index;
    const placed = this.object.parameters[index] as { name: string; shape: readonly number[] };
    this.name = placed.name;
    this.shape = placed.shape;
  }

  /**
   * The values, row-major: always the same array, yours to read and write.
   *
   * What is written counts at once in training mode and for optimisers. In eval mode, where a step takes less time than
   * looking for changes, it counts from the next time that `data` is read: write through `parameter.data`, not through an
   * array kept from before, or call `set`.
   */
  get data(): Floats {
    return this.object.data(this.index);
  }

  /**
   * The gradient that every `backward` adds to: always the same array, to read and write; null before the first forward in
   * training mode.
   */
  get grad(): Floats | null {
    return this.object.grad(this.index);
  }

  /** Copies values in. @throws LSTMError `SHAPE_MISMATCH` unless the shape is the same */
  set(values: TensorInput): void {
    const { data } = tensorOfShape(this.name || "values", values, this.shape);
    this.write(data);
  }

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
  }

  /** Name, shape and values, these as PyTorch prints a tensor. */
  toString(): string {
    const head = `Parameter ${this.name} of shape ${shapeText(this.shape)}`;
    try {
      return `${head}:\n${formatTensor(this.read(), this.shape)}`;
    } catch (error) {
      return `${head}, not to be read: ${(error as Error).message}`; // printing may not throw
    }
  }

  /** What `console.log` shows in Node, Deno and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** @internal Copies values of the right length in, integers of a module that `isNew`; see `WasmObject.write`. */
  write(values: Float32Array, isNew?: boolean, quantization?: Quantization): void {
    this.object.write(this.index, values, isNew, quantization);
  }

  /** @internal A copy of the values, of integer weights with their scales. */
  tensor(): Tensor {
    return Object.assign(new Tensor(this.read(), this.shape), this.object.quantized(this.index));
  }

  /** @internal A copy of the values. */
  read(): Float32Array {
    return this.object.read(this.index);
  }

  /** Sets the gradient to 0. */
  zeroGrad(): void {
    const { object, index } = this;
    object.instance.kernels.gradientZero(object.family, object.id, index);
    object.downloadGradients(index);
  }
}
