import { ParameterModule } from "../parameters/parameter-module.js";
import { type BackwardOptions, Pending } from "../parameters/pending.js";
import { LOADED, type LoadOptions, type StateDict } from "../parameters/state-dict.js";
import { gradientRows, type PackedSequence } from "../tensor/packed-sequence.js";
import { checkWeights, type Weights, weightsOf } from "../tensor/quantization.js";
import { tensorOfShape } from "../tensor/shape.js";
import { product, Tensor, type TensorInput } from "../tensor/tensor.js";
import { INPUT, INPUT_GRADIENT, type LayerHandle, OUTPUT } from "../wasm/layer-handle.js";

/** Options of `fromStateDict` of Linear and Embedding. */
export interface LayerLoadOptions extends Pick<LoadOptions, "prefix"> {
  /**
   * "int8" and "int16" round the weight to integers, for inference only. By default it is what it is in the state dict; "float32"
   * takes the values that integers stand for.
   */
  weights?: Weights | undefined;
}

/** What a constructor is told that the weight is; float32 by default. */
export const loadedWeights = (options: object): Weights => (options as { [LOADED]?: Weights })[LOADED] ?? "float32";

/** What the weight of a layer is to be. */
export const weightsUnder = (dict: StateDict, prefix: string, { weights }: LayerLoadOptions): Weights =>
  checkWeights(weights ?? weightsOf(dict[`${prefix}weight`]));

/** What a layer's backward needs of its forward: a copy of the input, since each forward writes over the last one's. */
interface Saved<Input> {
  readonly input: Input;
  readonly leading: readonly number[];
  readonly packed: PackedSequence | undefined;
}

/** A module with parameters of its own, which maps each row by itself. */
export abstract class Layer<Input extends Float32Array | Int32Array> extends ParameterModule {
  /** @internal */
  declare protected readonly object: LayerHandle;
  /** @internal */
  override readonly pending: Pending<Saved<Input>>;

  /** @internal */
  protected constructor(object: LayerHandle) {
    super(object);
    this.pending = new Pending(object.owner, () => object.version());
  }

  /** What the weight is; integers cannot be trained. A bias is float32 always. */
  get weights(): Weights {
    return this.object.weights;
  }

  /** @internal */
  override checkTrainable(): void {
    this.object.checkFloat("train()");
  }

  override discardPending(): void {
    this.object.id; // throws once disposed
    super.discardPending();
  }

  /** @internal Runs over rows of input, (...leading, columns), and returns (...leading, outputs), packed as the input was. */
  protected run(input: Input, leading: readonly number[], outputs: number): Tensor;
  /** @internal */
  protected run(
    input: Input,
    leading: readonly number[],
    outputs: number,
    packed: PackedSequence | undefined,
  ): Tensor | PackedSequence;
  protected run(input: Input, leading: readonly number[], outputs: number, packed?: PackedSequence) {
    const { object, training } = this;
    object.id; // throws once disposed, which a getter of the caller's objects may just have done
    this.#write(input, product(leading));
    object.forward(training);
    const rows = this.#read(OUTPUT, [...leading, outputs]);
    const output = packed === undefined ? rows : packed.withData(rows);
    if (training) {
      this.pending.push(output, { input: input.slice() as Input, leading, packed: packed?.withOwnIndices() });
    }
    return output;
  }

  /** @internal Goes back through a forward; returns the gradient of its input, (...leading, inputs). */
  protected runBack(gradOutput: TensorInput | PackedSequence, outputs: number, options?: BackwardOptions) {
    const { object } = this;
    object.id; // throws once disposed
    const saved = this.pending.find(this.training, options);
    const { input, leading, packed } = saved;
    const { data } = tensorOfShape("gradOutput", gradientRows(gradOutput, packed), [...leading, outputs]);
    object.id; // a getter of the caller's objects may have disposed it, or gone back already
    const index = this.pending.indexOf(saved, this.training);
    this.#write(input, product(leading));
    object.instance.floats.set(data, object.at(OUTPUT));
    object.backward();
    this.pending.remove(index);
    return (inputs: number) => this.#read(INPUT_GRADIENT, [...leading, inputs]);
  }

  #write(input: Input, rows: number): void {
    const { object } = this;
    object.reserve(rows, this.training);
    const { floats, words } = object.instance;
    (input instanceof Float32Array ? floats : words).set(input, object.at(INPUT));
  }

  #read(buffer: number, shape: readonly number[]): Tensor {
    const at = this.object.at(buffer);
    return new Tensor(this.object.instance.floats.slice(at, at + product(shape)), shape);
  }
}
