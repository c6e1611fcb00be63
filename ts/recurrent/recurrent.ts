import { type CheckedOptions, checkCount, DEFAULTS } from "../checks/options.js";
import { ParameterModule } from "../parameters/parameter-module.js";
import { fillUniform, Mt19937, randomSeed } from "../tensor/random.js";
import type { Cell } from "./cells.js";
import { RnnHandle } from "./handle.js";

/** What layers and single cells have in common beyond any module: a core inside WebAssembly, a seed and sizes. */
export abstract class Recurrent extends ParameterModule {
  /** @internal */
  declare protected readonly object: RnnHandle;
  #seed: number | undefined;

  /** @internal */
  protected constructor(
    owner: string,
    cell: Cell,
    options: CheckedOptions,
    seed: number | undefined,
    suffixed: boolean,
  ) {
    if (seed !== undefined) checkCount("seed", seed);
    super(new RnnHandle(owner, cell, options, suffixed));
    this.#seed = seed;
  }

  /**
   * @internal `reset_parameters`: every weight and bias uniform within 1 / sqrt(hidden_size), in the parameters' order; then
   * the LSTM's forget gate's biases, if they are given. Its gates are i, f, g, o.
   */
  protected initialise(): void {
    const { hiddenSize } = this;
    const { forgetBias } = this.object.options;
    const random = new Mt19937(this.seed);
    for (const { object, index, name } of this.parameters()) {
      const values = object.view(index);
      fillUniform(random, values, 1 / Math.sqrt(hiddenSize));
      if (forgetBias === undefined || !name.startsWith("bias")) continue;
      values.fill(name.startsWith("bias_ih") ? forgetBias : 0, hiddenSize, 2 * hiddenSize);
    }
  }

  /** @internal The seed that was given, or one drawn by chance when it is first needed; edge runtimes forbid that at import. */
  protected get seed(): number {
    this.#seed ??= randomSeed();
    return this.#seed;
  }

  /** Values in each row of the input. */
  get inputSize(): number {
    return this.object.options.inputSize;
  }
  /** Units of the cell. */
  get hiddenSize(): number {
    return this.object.options.hiddenSize;
  }
  /** Whether `bias_ih` and `bias_hh` exist. */
  get bias(): boolean {
    return this.object.options.bias;
  }

  /** The constructor call that made it, defaults left out. */
  override toString(): string {
    const { owner, options } = this.object;
    const shown = Object.entries(options).filter(([name, value]) => value !== DEFAULTS[name as keyof CheckedOptions]);
    return `${owner}({ ${shown.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ")} })`;
  }

  override discardPending(): void {
    super.discardPending();
    this.object.forget();
  }

  /** It does: rows of one sequence belong together. */
  override get takesPacked(): boolean {
    return true;
  }
}
