import { LSTMError } from "../checks/errors.js";
import type { Parameter } from "../parameters/parameter.js";
import { product, Tensor } from "../tensor/tensor.js";
import type { Instance } from "../wasm/instance.js";
import { registry, release } from "../wasm/object.js";
import { outOfMemory } from "../wasm/out-of-memory.js";

/** PyTorch's options by name. */
export type Options = Readonly<Record<string, number | boolean | readonly [number, number]>>;

/** An update rule as the core has it, and PyTorch's options for it. */
export interface Rule {
  /** What errors and saved states call the optimiser. */
  readonly owner: string;
  /** Its number in the core. */
  readonly rule: number;
  /** Each option's default, and what checks a value of it: the constructor, an assignment and a saved state alike. */
  readonly options: Readonly<
    Record<string, readonly [fallback: unknown, check: (name: string, value: unknown) => unknown]>
  >;
  /** Throws if options do not go together. */
  readonly check?: (options: Options) => void;
  /** PyTorch's names of what is kept of each parameter, in the core's order. */
  readonly buffers: (options: Options) => readonly string[];
  /** The core's settings, in its order. */
  readonly settings: (options: Options) => readonly number[];
  /** The two numbers that the core wants for a parameter's step, counted from 1. */
  readonly powers: (options: Options, step: number) => readonly [number, number];
}

/** A parameter and how many steps it took. */
interface Slot {
  readonly parameter: Parameter;
  steps: number;
}

/** @internal Parameters that share options: one optimiser of the core, with a state for each parameter. */
export class Group {
  readonly rule: Rule;
  readonly slots: readonly Slot[];
  readonly buffers: readonly string[];
  /** What `optimizer.paramGroups` shows: the parameters, and each option to read and set. */
  readonly shown: { readonly params: readonly Parameter[] };
  readonly #instance: Instance;
  readonly #id: number;
  #options: Options;
  #disposed = false;

  constructor(rule: Rule, instance: Instance, parameters: readonly Parameter[], options: Options) {
    this.rule = rule;
    this.slots = parameters.map((parameter) => ({ parameter, steps: 0 }));
    this.buffers = rule.buffers(options);
    this.#instance = instance;
    this.#options = options;
    const { kernels } = instance;
    const id = kernels.optimizerNew(rule.rule);
    if (id < 0) throw outOfMemory(kernels, `the optimiser ${rule.owner}`);
    this.#id = id;
    // The group and not the optimiser: who keeps `paramGroups[0]` alone may still set its rate.
    registry?.register(this, release(instance, "optimizerFree", id), this);
    for (const { shape } of parameters) {
      if (kernels.optimizerAdd(id, product(shape), this.buffers.length) === 0) continue;
      this.dispose();
      throw outOfMemory(kernels, `the state of the optimiser ${rule.owner}`);
    }
    this.options = options;
    this.shown = this.#show(parameters);
  }

  get options(): Options {
    return this.#options;
  }
  /** Takes options that were checked. */
  set options(options: Options) {
    const { rule } = this;
    const id = this.handle();
    this.#options = options;
    for (const [index, value] of rule.settings(options).entries()) {
      this.#instance.kernels.optimizerSet(id, index, value);
    }
  }

  /** Checks options that this group, with the buffers that it has, may take. */
  check(options: Options): void {
    const { owner, check, buffers } = this.rule;
    check?.(options);
    const [has, needs] = [this.buffers.join(", ") || "nothing", buffers(options).join(", ") || "nothing"];
    if (has === needs) return;
    const why = `it keeps ${has} of each parameter, and these options need ${needs}`;
    throw new LSTMError("OPTION", `${owner}: these options are for a new optimiser; ${why}`);
  }

  /** Throws if this group or one of its parameters is not alive. */
  checkAlive(): void {
    this.handle();
    for (const { parameter } of this.slots) parameter.object.id; // throws once disposed
  }

  /** Updates every parameter that has a gradient. */
  step(): void {
    const id = this.handle();
    const { kernels } = this.#instance;
    const { powers } = this.rule;
    let computed = 0;
    let both: readonly [number, number] = [0, 0];
    for (const [index, slot] of this.slots.entries()) {
      const { object, index: number } = slot.parameter;
      if (!object.gradient(number)) continue;
      object.uploadData(number);
      object.uploadGradients(number);
      slot.steps++;
      // The same for nearly all parameters.
      if (slot.steps !== computed) {
        computed = slot.steps;
        both = powers(this.#options, computed);
      }
      kernels.optimizerStep(id, index, object.family, object.id, number, both[0], both[1]);
      object.downloadData(number);
    }
  }

  /** What `load` takes of the parameter in a slot, each with its name and shape, and a copy of its value. */
  *state(): Generator<{
    name: string;
    shape: readonly number[];
    value: () => Tensor;
    load: (data: Float32Array) => void;
  }> {
    for (const [index, slot] of this.slots.entries()) {
      const { shape } = slot.parameter;
      yield {
        name: "step",
        shape: [2],
        value: () => new Tensor([slot.steps % 2 ** 24, Math.floor(slot.steps / 2 ** 24)]),
        load: (data) => {
          slot.steps = joinSteps(data);
        },
      };
      for (const [number, name] of this.buffers.entries()) {
        yield {
          name,
          shape,
          value: () => new Tensor(this.#buffer(index, number).slice(), shape),
          load: (data) => this.#buffer(index, number).set(data),
        };
      }
    }
  }

  /** A fresh view of one buffer of a parameter's state. */
  #buffer(index: number, number: number): Float32Array {
    const { kernels, floats } = this.#instance;
    const length = product((this.slots[index] as Slot).parameter.shape);
    const at = (kernels.optimizerAddress(this.handle(), index) >>> 2) + number * 4 * Math.ceil(length / 4);
    return floats.subarray(at, at + length);
  }

  #show(parameters: readonly Parameter[]): { readonly params: readonly Parameter[] } {
    const shown = { params: Object.freeze([...parameters]) };
    for (const [name, [, check]] of Object.entries(this.rule.options)) {
      Object.defineProperty(shown, name, {
        enumerable: true,
        get: () => this.#options[name],
        set: (value: unknown) => {
          const options = { ...this.#options, [name]: check(name, value) } as Options;
          this.check(options);
          this.options = options;
        },
      });
    }
    return Object.freeze(shown);
  }

  /** The handle, if the optimiser still lives. */
  handle(): number {
    if (this.#disposed) throw new LSTMError("DISPOSED", `this ${this.rule.owner} was disposed`);
    this.#instance.check();
    return this.#id;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    registry?.unregister(this);
    release(this.#instance, "optimizerFree", this.#id)();
  }

  toString(): string {
    const options = Object.entries(this.#options).map(
      ([name, value]) => `${name}: ${Array.isArray(value) ? `[${value.join(", ")}]` : value}`,
    );
    return `${this.slots.length} parameters, { ${options.join(", ")} }`;
  }
}

/** The most steps that two float32 numbers of 24 bits hold. */
export const MAX_STEPS = 2 ** 48 - 1;

/** A count of steps, saved as two float32 numbers. */
export const joinSteps = (parts: ArrayLike<number>): number => (parts[0] as number) + (parts[1] as number) * 2 ** 24;
