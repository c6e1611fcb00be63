import type { WasmObject } from "../wasm/object.js";
import { Module } from "./module.js";
import { Parameter } from "./parameter.js";

/** A module whose parameters live in one object inside WebAssembly. */
export abstract class ParameterModule extends Module {
  /** @internal Subclasses declare the kind that they have; a type parameter would show in the public types. */
  protected readonly object: WasmObject;
  readonly #parameters: readonly Parameter[];

  /** @internal */
  protected constructor(object: WasmObject) {
    super();
    this.object = object;
    this.#parameters = object.parameters.map((_, index) => new Parameter(object, index));
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
    if (this.object.training && !mode) this.object.uploadData();
    this.object.training = mode;
    return this;
  }

  override dispose(): void {
    this.object.dispose();
  }
}
