import { Parametric } from "../parameters/parameter-module.js";
import { type BackwardOptions, Pending } from "../parameters/pending.js";
import { tensorOfShape } from "../tensor/shape.js";
import { product, Tensor, type TensorInput } from "../tensor/tensor.js";
import { INPUT, INPUT_GRADIENT, type LayerCore, OUTPUT } from "../wasm/layer-handle.js";

/** What a layer's backward needs of its forward: a copy of the input, since each forward writes over the last one's. */
interface Saved<Input> {
  readonly input: Input;
  readonly leading: readonly number[];
}

/** A module with parameters of its own, which maps each row by itself. */
export abstract class Layer<Input extends Float32Array | Int32Array> extends Parametric {
  /** @internal */
  declare protected readonly core: LayerCore;
  /** @internal */
  override readonly pending: Pending<Saved<Input>>;

  /** @internal */
  protected constructor(core: LayerCore) {
    super(core);
    this.pending = new Pending(core.owner, () => core.version());
  }

  override discardPending(): void {
    this.core.id; // throws once disposed
    super.discardPending();
  }

  /** @internal Runs over rows of input, (...leading, columns), and returns (...leading, outputs). */
  protected run(input: Input, leading: readonly number[], outputs: number): Tensor {
    const { core, training } = this;
    core.id; // throws once disposed, which a getter of the caller's objects may just have done
    const rows = product(leading);
    this.#write(input, rows);
    core.forward(training);
    const output = this.#read(OUTPUT, [...leading, outputs]);
    if (training) this.pending.push(output, { input: input.slice() as Input, leading });
    return output;
  }

  /** @internal Goes back through a forward; returns the gradient of its input, (...leading, inputs). */
  protected runBack(gradOutput: TensorInput, outputs: number, options?: BackwardOptions) {
    const { core } = this;
    core.id; // throws once disposed
    const saved = this.pending.find(this.training, options);
    const { input, leading } = saved;
    const { data } = tensorOfShape("gradOutput", gradOutput, [...leading, outputs]);
    core.id; // a getter of the caller's objects may have disposed it, or gone back already
    const index = this.pending.indexOf(saved, this.training);
    this.#write(input, product(leading));
    core.instance.floats.set(data, core.at(OUTPUT));
    core.backward();
    this.pending.remove(index);
    return (inputs: number) => this.#read(INPUT_GRADIENT, [...leading, inputs]);
  }

  #write(input: Input, rows: number): void {
    const { core } = this;
    core.reserve(rows, this.training);
    const { floats, words } = core.instance;
    (input instanceof Float32Array ? floats : words).set(input, core.at(INPUT));
  }

  #read(buffer: number, shape: readonly number[]): Tensor {
    const at = this.core.at(buffer);
    return new Tensor(this.core.instance.floats.slice(at, at + product(shape)), shape);
  }
}
