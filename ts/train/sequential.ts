import { describe } from "../describe.js";
import { LSTMError } from "../errors.js";
import { Module } from "../module.js";
import { PackedSequence } from "../packed-sequence.js";
import type { Parameter } from "../parameter.js";
import { Recurrent } from "../recurrent.js";
import type { Tensor, TensorInput } from "../tensor.js";
import type { IndexInput } from "./indices.js";

/** A module that can stand in a chain: LSTM and everything in `lstm-wasm/train`. */
export type Chainable = Module & {
  // biome-ignore lint/suspicious/noExplicitAny: each module has its own input
  forward(input: any): Tensor | PackedSequence | [Tensor | PackedSequence, unknown];
  // biome-ignore lint/suspicious/noExplicitAny: and its own gradient
  backward(gradOutput: any): unknown;
};

/**
 * `torch.nn.Sequential`: modules one after the other, by name or by number.
 *
 * An LSTM passes its output on and leaves its state; its layers' parameters are "lstm.weight_ih_l0" and so on.
 *
 * ```ts
 * const model = new Sequential({
 *   embedding: new Embedding({ numEmbeddings: 5000, embeddingDim: 64 }),
 *   lstm: new LSTM({ inputSize: 64, hiddenSize: 128, bidirectional: true }),
 *   linear: new Linear({ inFeatures: 256, outFeatures: 4 }),
 * });
 * ```
 */
export class Sequential extends Module {
  static override readonly name: string = "Sequential";
  /** The modules by name. */
  readonly modules: Readonly<Record<string, Chainable>>;

  /** @throws LSTMError `OPTION` for what is no module, one that is there twice, or none at all */
  constructor(modules: Readonly<Record<string, Chainable>> | readonly Chainable[]) {
    super();
    const entries = typeof modules === "object" && modules !== null ? Object.entries(modules) : [];
    for (const [name, module] of entries) {
      if (!(module instanceof Module)) {
        throw new LSTMError(
          "OPTION",
          `Sequential: ${name} must be a module of this entry (lstm-wasm/relaxed has lstm-wasm/relaxed/train), got ${describe(module)}`,
        );
      }
    }
    const kept = new Set<Module>();
    for (const [name, module] of entries) {
      for (const part of parts(module)) {
        if (kept.has(part)) {
          const why = "a module keeps one forward for its backward, so each place needs one of its own";
          throw new LSTMError("OPTION", `Sequential: ${name} is there twice; ${why}`);
        }
        kept.add(part);
      }
    }
    if (entries.length === 0) throw new LSTMError("OPTION", `Sequential needs modules, got ${describe(modules)}`);
    this.modules = Object.freeze(Object.fromEntries(entries));
    // As in the modules: training only if all of them are.
    super.train(entries.every(([, module]) => module.training));
  }

  /** Runs through all modules in order; a packed batch goes in and comes out packed. */
  forward(input: TensorInput | IndexInput): Tensor;
  /** `forward` of a packed batch. */
  forward(input: PackedSequence): PackedSequence;
  forward(input: TensorInput | IndexInput | PackedSequence): Tensor | PackedSequence {
    let value: unknown = input;
    for (const module of Object.values(this.modules)) {
      value = through(module, value, (rows) => {
        const result: unknown = module.forward(rows);
        return Array.isArray(result) ? result[0] : result;
      });
    }
    return value as Tensor | PackedSequence;
  }

  /**
   * Goes back through all modules in reverse.
   *
   * @returns the gradient of the input, packed as it was; undefined if that was indices
   */
  backward(gradOutput: TensorInput): Tensor | PackedSequence | undefined;
  /** `backward` after a forward of a packed batch. */
  backward(gradOutput: PackedSequence): PackedSequence | undefined;
  backward(gradOutput: TensorInput | PackedSequence): Tensor | PackedSequence | undefined {
    let gradient: unknown = gradOutput;
    for (const module of Object.values(this.modules).reverse()) {
      gradient = through(module, gradient, (rows) => {
        const result = module.backward(rows);
        return isGradients(result) ? result.input : result;
      });
    }
    return gradient as Tensor | PackedSequence | undefined;
  }

  override train(mode = true): this {
    super.train(mode);
    for (const module of Object.values(this.modules)) module.train(mode);
    return this;
  }

  override namedParameters(): [string, Parameter][] {
    return Object.entries(this.modules).flatMap(([name, module]) =>
      module.namedParameters().map(([own, parameter]): [string, Parameter] => [`${name}.${own}`, parameter]),
    );
  }

  /** Disposes every module. */
  override dispose(): void {
    for (const module of Object.values(this.modules)) module.dispose();
  }

  /** @internal */
  override forget(): void {
    // Not yet there in Module's constructor's first train.
    for (const module of Object.values(this.modules ?? {})) module.forget();
  }

  override toString(): string {
    const lines = Object.entries(this.modules).map(
      ([name, module]) => `  ${name}: ${String(module).replace(/\n/g, "\n  ")}`,
    );
    return `Sequential({\n${lines.join(",\n")}\n})`;
  }
}

/** Hands a packed batch to an LSTM as it is, and to a module that maps each row by itself as rows. */
function through(module: Module, value: unknown, run: (value: unknown) => unknown): unknown {
  if (!(value instanceof PackedSequence) || module instanceof Recurrent || module instanceof Sequential)
    return run(value);
  const rows = run(value.data);
  if (rows === undefined) return undefined;
  return new PackedSequence(rows as Tensor, value.batchSizes, value.sortedIndices, value.unsortedIndices);
}

/** What LSTM.backward returns. */
const isGradients = (value: unknown): value is { input: unknown } =>
  typeof value === "object" && value !== null && "input" in value && "h0" in value;

/** A module and, of a chain, all that it is made of. */
function parts(module: Module): Module[] {
  return module instanceof Sequential ? Object.values(module.modules).flatMap(parts) : [module];
}
