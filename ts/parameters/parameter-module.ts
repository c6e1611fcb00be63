import type { Home } from "../wasm/object.js";
import { Module } from "./module.js";
import { Parameter } from "./parameter.js";

/** A module whose parameters live in one object inside WebAssembly. */
export abstract class Parametric extends Module {
  /** @internal Subclasses declare the kind that they have; a type parameter would show in the public types. */
  protected readonly core: Home;
  readonly #parameters: readonly Parameter[];

  /** @internal */
  protected constructor(core: Home) {
    super();
    this.core = core;
    this.#parameters = core.parameters.map((_, index) => new Parameter(core, index));
  }

  override namedParameters(): [string, Parameter][] {
    return this.#parameters.map((parameter) => [parameter.name, parameter]);
  }

  override parameters(): Parameter[] {
    return [...this.#parameters];
  }

  override train(mode = true): this {
    super.train(mode);
    // What was written to kept arrays in training mode counts, though nothing has run since.
    if (this.core.training && !mode) this.core.uploadData();
    this.core.training = mode;
    return this;
  }

  override dispose(): void {
    this.core.dispose();
  }
}
