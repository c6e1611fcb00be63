import { outOfMemory } from "../core.js";
import { describe } from "../describe.js";
import { DISPOSE } from "../dispose.js";
import { LSTMError } from "../errors.js";
import { forget, release } from "../home.js";
import type { Instance } from "../instance.js";
import { Parameter } from "../parameter.js";
import { matchStateDict, type StateDict } from "../state-dict.js";
import { product, Tensor } from "../tensor.js";
import { UNCLONEABLE } from "../uncloneable.js";

/** What an optimiser remembers: the state of its parameters by number ("0.exp_avg"), and its options. */
export interface OptimizerState {
  /** Tensors by the number of the parameter and PyTorch's name: "0.exp_avg". */
  readonly state: StateDict;
  /** The options, the learning rate among them. */
  readonly options: Readonly<Record<string, number | boolean>>;
}

/** The state of one parameter. */
interface Slot {
  readonly parameter: Parameter;
  steps: number;
  /** Adam's betas to the power of `steps`, by products: `**` has other bits on other engines. */
  power1: number;
  power2: number;
}

/** An update rule as the core has it: its number and settings, and the buffers that it keeps of each parameter. */
export interface Rule {
  readonly owner: string;
  readonly rule: number;
  /** PyTorch's names, in the core's order. */
  readonly buffers: readonly string[];
  /** PyTorch's options by name; the core's settings are read off them. */
  readonly options: Record<string, number | boolean>;
  readonly settings: readonly string[];
}

/** What all optimisers have in common: `step` after `backward`, then `zeroGrad`. */
export abstract class Optimizer {
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
  readonly #rule: Rule;
  readonly #slots: readonly Slot[];
  readonly #instance: Instance;
  readonly #id: number;
  #disposed = false;
  /** @internal The rate before the first schedule, which sets it. */
  initialLr: number | undefined;

  /** @internal */
  protected constructor(rule: Rule, parameters: Iterable<Parameter>) {
    const { owner, buffers } = rule;
    const checked = checkParameters(owner, parameters);
    const [first] = checked as [Parameter];
    this.#rule = rule;
    this.#slots = checked.map((parameter) => ({ parameter, steps: 0, power1: 1, power2: 1 }));
    this.#instance = first.home.instance;
    const { kernels } = this.#instance;
    const id = kernels.optimizerNew(rule.rule);
    if (id < 0) throw outOfMemory(`the optimiser ${owner}`, kernels.refusedBytes());
    this.#id = id;
    forget?.register(this, release(this.#instance, "optimizerFree", id), this);
    for (const { shape } of checked) {
      if (kernels.optimizerAdd(id, product(shape), buffers.length) === 0) continue;
      this.dispose();
      throw outOfMemory(`the state of the optimiser ${owner}`, kernels.refusedBytes());
    }
    for (const [name] of Object.entries(rule.options)) this.#apply(name);
  }

  /** The learning rate, to read and set between steps. */
  get lr(): number {
    return this.#rule.options.lr as number;
  }
  set lr(lr: number) {
    this.#handle(); // throws once disposed
    this.#rule.options.lr = checkRate("lr", lr);
    this.#apply("lr");
  }

  /**
   * Updates every parameter by its gradient. Parameters that had no forward in training mode yet have none and stay as
   * they are; a gradient of zeros counts as one (PyTorch's `zero_grad(set_to_none=False)`).
   */
  step(): void {
    const id = this.#handle();
    const { kernels } = this.#instance;
    for (const { parameter } of this.#slots) parameter.home.id; // throws once disposed, before anything is updated
    const { beta1, beta2 } = this.#rule.options;
    for (const [index, slot] of this.#slots.entries()) {
      const { home, index: number } = slot.parameter;
      if (slot.parameter.grad === null) continue;
      // SGD asks whether it is the first time, and takes 0 for yes.
      slot.power1 = beta1 === undefined ? slot.steps : slot.power1 * (beta1 as number);
      slot.power2 *= (beta2 as number | undefined) ?? 1;
      slot.steps++;
      kernels.optimizerStep(id, index, home.family, home.id, number, slot.power1, slot.power2);
    }
  }

  /** Sets all gradients to 0. */
  zeroGrad(): void {
    this.#handle(); // throws once disposed
    for (const { parameter } of this.#slots) parameter.zeroGrad();
  }

  /** Copies of what it remembers, to save and to load again. */
  stateDict(): { state: Record<string, Tensor>; options: Record<string, number | boolean> } {
    this.#handle();
    const state: Record<string, Tensor> = {};
    for (const [index, { parameter, steps }] of this.#slots.entries()) {
      state[`${index}.step`] = new Tensor([...split(steps)]);
      for (const [number, name] of this.#rule.buffers.entries()) {
        state[`${index}.${name}`] = new Tensor(this.#buffer(index, number).slice(), parameter.shape);
      }
    }
    return { state, options: { ...this.#rule.options } };
  }

  /**
   * Takes what another optimiser of the same kind and the same parameters remembered, options included; nothing is
   * changed if anything is wrong.
   *
   * @throws LSTMError `STATE_DICT` that lists everything missing, unexpected and misshapen
   */
  loadStateDict({ state, options }: OptimizerState): void {
    const matched = this.check({ state, options });
    const { buffers, options: own } = this.#rule;
    for (const name of Object.keys(own)) {
      own[name] = options[name] as number | boolean;
      this.#apply(name);
    }
    for (const [at, { data }] of matched) {
      const [index, part] = [Math.floor(at / (buffers.length + 1)), at % (buffers.length + 1)];
      if (part > 0) this.#buffer(index, part - 1).set(data);
      else this.#setSteps(this.#slots[index] as Slot, join(data));
    }
  }

  /** @internal Throws unless `loadStateDict` would take these. */
  check({ state, options }: OptimizerState): [number, Tensor][] {
    this.#handle();
    const { owner, buffers, options: own } = this.#rule;
    const names = (of: object) =>
      Object.keys(of ?? {})
        .sort()
        .join(", ");
    const fits =
      names(options) === names(own) &&
      Object.entries(own).every(([name, value]) => typeof value === typeof options[name]) &&
      // Adam and AdamW differ in nothing else.
      own.decoupled === options.decoupled;
    if (!fits) {
      const got = `Expected the options ${names(own)}, of the same kind, got ${names(options) || describe(options)}`;
      throw new LSTMError("STATE_DICT", `${owner}: the state is that of another optimiser. ${got}`);
    }
    const expected = this.#slots.flatMap(({ parameter: { shape } }, index) => [
      { name: `${index}.step`, shape: [2] },
      ...buffers.map((name) => ({ name: `${index}.${name}`, shape })),
    ]);
    const { matched } = matchStateDict(owner, expected, state);
    for (const [at, { data }] of matched) {
      const steps = at % (buffers.length + 1) === 0 ? join(data) : 0;
      if (Number.isSafeInteger(steps) && steps >= 0) continue;
      throw new LSTMError("STATE_DICT", `${owner}: ${expected[at]?.name} must hold a count of steps, got ${steps}`);
    }
    checkRate("lr", options.lr);
    return matched;
  }

  #setSteps(slot: Slot, steps: number): void {
    const { beta1, beta2 } = this.#rule.options as Record<string, number | undefined>;
    slot.steps = steps;
    slot.power1 = 1;
    slot.power2 = 1;
    for (let step = 0; step < steps && slot.power1 + slot.power2 > 0; step++) {
      slot.power1 *= beta1 ?? 0;
      slot.power2 *= beta2 ?? 0;
    }
  }

  /** A fresh view of one buffer of a parameter's state. */
  #buffer(index: number, number: number): Float32Array {
    const { kernels, floats } = this.#instance;
    const length = product((this.#slots[index] as Slot).parameter.shape);
    const at = (kernels.optimizerAddress(this.#handle(), index) >>> 2) + number * 4 * Math.ceil(length / 4);
    return floats.subarray(at, at + length);
  }

  /** Hands an option to the core. */
  #apply(name: string): void {
    const setting = this.#rule.settings.indexOf(name);
    if (setting < 0) return;
    this.#instance.kernels.optimizerSet(this.#handle(), setting, Number(this.#rule.options[name]));
  }

  #handle(): number {
    if (this.#disposed) throw new LSTMError("DISPOSED", `this ${this.#rule.owner} was disposed`);
    this.#instance.check();
    return this.#id;
  }

  /** Gives the state's memory back; the parameters stay. Any later use is a `DISPOSED` error; calling it twice is not. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forget?.unregister(this);
    release(this.#instance, "optimizerFree", this.#id)();
  }

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
  }

  [DISPOSE](): void {
    this.dispose();
  }

  toString(): string {
    const options = Object.entries(this.#rule.options).map(([name, value]) => `${name}: ${value}`);
    return `${this.#rule.owner}(${this.#slots.length} parameters, { ${options.join(", ")} })`;
  }
}

/** A count as two float32 numbers, exact beyond their 24 bits. */
const split = (count: number): [number, number] => [count % 2 ** 24, Math.floor(count / 2 ** 24)];
const join = (parts: Float32Array): number => (parts[0] as number) + (parts[1] as number) * 2 ** 24;

/** Parameters of live modules, none of them twice, at least one. */
export function checkParameters(owner: string, parameters: Iterable<Parameter>): Parameter[] {
  const iterable = typeof parameters === "object" && parameters !== null && Symbol.iterator in parameters;
  const list: unknown[] = iterable ? [...parameters] : [];
  if (list.length === 0) {
    const got = iterable ? "none" : describe(parameters);
    throw new LSTMError("OPTION", `${owner} needs parameters, as module.parameters() lists them, got ${got}`);
  }
  for (const [index, parameter] of list.entries()) {
    if (!(parameter instanceof Parameter)) {
      throw new LSTMError("OPTION", `${owner}: parameters[${index}] must be a Parameter, got ${describe(parameter)}`);
    }
    parameter.home.id; // throws once disposed
    if (parameter.home.instance !== (list[0] as Parameter).home.instance) {
      throw new LSTMError(
        "OPTION",
        `${owner}: parameters[${index}] (${parameter.name}) outlived a crash that others did not`,
      );
    }
    if (list.indexOf(parameter) !== index) {
      throw new LSTMError("OPTION", `${owner}: parameters[${index}] (${parameter.name}) is there twice`);
    }
  }
  return list as Parameter[];
}

/** A finite number from 0 on. */
export function checkRate(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < Infinity) return value;
  throw new LSTMError("OPTION", `${name} must be a finite number from 0 on, got ${describe(value)}`);
}
