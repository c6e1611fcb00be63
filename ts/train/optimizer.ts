import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { checkObject, checkRate, checkRates } from "../checks/options.js";
import { DISPOSE } from "../parameters/dispose.js";
import type { Parameter } from "../parameters/parameter.js";
import { matchStateDict, type StateDict } from "../parameters/state-dict.js";
import { UNCLONEABLE } from "../parameters/uncloneable.js";
import type { Tensor } from "../tensor/tensor.js";
import { Group, joinSteps, MAX_STEPS, type Options, type Rule } from "./param-group.js";
import { checkParameters, readGroups } from "./parameter-arguments.js";

/** Some of the parameters, with options of their own; the optimiser's second argument stands in for those left out. */
export type ParamGroupOptions<O> = {
  /** The parameters of the group. */
  readonly params: Parameter | Iterable<Parameter>;
} & Readonly<O>;

/** A group of an optimiser: its parameters, and its options, which may be read and set between steps. */
export type ParamGroup<O> = {
  /** The parameters of the group. */
  readonly params: readonly Parameter[];
} & {
  -readonly [Name in keyof O]-?: Exclude<O[Name], undefined>;
};

/** The options of a group in a saved state; `params` numbers its parameters through all groups. */
export type SavedGroup = Readonly<Record<string, number | boolean | readonly number[]>>;

/** What an optimiser remembers: the state of its parameters by number ("0.exp_avg"), and the options of its groups. */
export interface OptimizerState {
  /** Which optimiser it is of: "Adam". */
  readonly optimizer: string;
  /** Tensors by the number of the parameter and PyTorch's name: "0.exp_avg". */
  readonly state: StateDict;
  /** The options of each group, the learning rate among them. */
  readonly paramGroups: readonly SavedGroup[];
  /** The groups' rates before the first schedule, if there is one. */
  readonly initialLrs?: readonly number[] | undefined;
}

/** Options with a learning rate, as every optimiser has one. */
export interface Rated {
  /** The learning rate. */
  lr?: number | undefined;
}

/** What all optimisers have in common: `step` after `backward`, then `zeroGrad`. */
export abstract class Optimizer<O = Rated> {
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
  /**
   * The groups in the order that they were given in; one where there was a plain list of parameters. Options are read
   * and set here: `optimizer.paramGroups[1].lr = 1e-4`.
   */
  readonly paramGroups: readonly ParamGroup<O>[];
  readonly #rule: Rule;
  readonly #groups: readonly Group[];
  /** @internal The rates before the first schedule, which sets them. */
  initialLrs: readonly number[] | undefined;

  /** @internal */
  protected constructor(
    rule: Rule,
    parameters: Iterable<Parameter> | Iterable<ParamGroupOptions<O>>,
    options: unknown,
  ) {
    // All of it is read before any of it is checked to be alive: a getter may dispose of a module.
    const read = readGroups(rule, parameters, options);
    const named = read.flatMap(({ params, name }) => params.map((one, i): [string, unknown] => [name(i), one]));
    const [first] = checkParameters(named, rule.owner);
    this.#rule = rule;
    const groups: Group[] = [];
    try {
      for (const group of read) {
        groups.push(new Group(rule, first.object.instance, group.params as Parameter[], group.options));
      }
    } catch (error) {
      for (const group of groups) group.dispose();
      throw error;
    }
    this.#groups = groups;
    this.paramGroups = Object.freeze(groups.map(({ shown }) => shown as ParamGroup<O>));
  }

  /** The first group's learning rate. Setting it sets that of all groups. */
  get lr(): number {
    return this.#groups[0]?.options.lr as number;
  }
  set lr(lr: number) {
    this.setRates(this.#groups.map(() => lr));
  }

  /** @internal Sets the rates of all groups, or of none. */
  setRates(rates: readonly number[], name = "lr"): void {
    this.#handle();
    for (const lr of rates) checkRate(name, lr);
    for (const [index, group] of this.#groups.entries())
      group.options = { ...group.options, lr: rates[index] as number };
  }

  /**
   * Updates every parameter by its gradient. Parameters that had no forward in training mode yet have none and stay as
   * they are; a gradient of zeros counts as one (PyTorch's `zero_grad(set_to_none=False)`).
   *
   * @throws LSTMError `DISPOSED`, before anything is updated, if a module of its parameters was disposed
   */
  step(): void {
    for (const group of this.#groups) group.checkAlive();
    for (const group of this.#groups) group.step();
  }

  /** Sets all gradients to 0. */
  zeroGrad(): void {
    for (const group of this.#groups) group.checkAlive();
    for (const { slots } of this.#groups) for (const { parameter } of slots) parameter.zeroGrad();
  }

  /** Copies of what it remembers, to save and to load again. */
  stateDict(): { optimizer: string; state: Record<string, Tensor>; paramGroups: SavedGroup[]; initialLrs?: number[] } {
    this.#handle();
    const state = Object.fromEntries(this.#entries().map(({ name, value }) => [name, value()]));
    let count = 0;
    const paramGroups = this.#groups.map(({ slots, options }) => ({ ...options, params: slots.map(() => count++) }));
    const initial = this.initialLrs === undefined ? {} : { initialLrs: [...this.initialLrs] };
    return { optimizer: this.#rule.owner, state, paramGroups, ...initial };
  }

  /**
   * Takes what another optimiser of the same kind and with groups of the same parameters remembered, options included;
   * nothing is changed if anything is wrong.
   *
   * @throws LSTMError `STATE_DICT` for the state of another optimiser, which lists everything missing, unexpected and
   *   misshapen; `OPTION` for an option that the constructor would not take
   */
  loadStateDict(state: OptimizerState): void {
    this.prepare(state)();
  }

  /** @internal Checks all of a state, and returns what takes it. */
  prepare(saved: OptimizerState): () => void {
    const { owner } = this.#rule;
    if (typeof saved !== "object" || saved === null) {
      throw new LSTMError("STATE_DICT", `${owner}: expected what stateDict() gave, got ${describe(saved)}`);
    }
    const { optimizer, state, paramGroups, initialLrs } = saved;
    if (optimizer !== owner) {
      const got = typeof optimizer === "string" ? optimizer : describe(optimizer);
      throw new LSTMError("STATE_DICT", `${owner}: the state is that of another optimiser, ${got}`);
    }
    const options = this.#checkGroups(paramGroups);
    const rates =
      initialLrs === undefined ? undefined : checkRates(`${owner}: initialLrs`, initialLrs, this.#groups.length);
    const entries = this.#entries();
    const { matched } = matchStateDict(owner, entries, state);
    for (const [index, { data }] of matched) {
      const { name } = entries[index] as { name: string };
      const steps = name.endsWith(".step") ? joinSteps(data) : 0;
      if (Number.isInteger(steps) && steps >= 0 && steps <= MAX_STEPS) continue;
      throw new LSTMError("STATE_DICT", `${owner}: ${name} must hold a count of steps, got ${steps}`);
    }
    this.#handle(); // what was read may have disposed of it
    return () => {
      for (const [index, group] of this.#groups.entries()) group.options = options[index] as Options;
      for (const [index, { data }] of matched) entries[index]?.load(data);
      this.initialLrs = rates ?? this.initialLrs;
    };
  }

  #checkGroups(saved: unknown): Options[] {
    const { owner, options } = this.#rule;
    const names = Object.keys(options);
    if (!Array.isArray(saved) || saved.length !== this.#groups.length) {
      const got = Array.isArray(saved) ? saved.length : describe(saved);
      throw new LSTMError("STATE_DICT", `${owner}: expected paramGroups of ${this.#groups.length}, got ${got}`);
    }
    let count = 0;
    return this.#groups.map((group, index) => {
      const at = `paramGroups[${index}]`;
      const given = checkObject(`${owner}: ${at}`, saved[index], [...names, "params"]);
      const { params } = given;
      const own = group.slots.map(() => count++);
      if (!Array.isArray(params) || params.length !== own.length || own.some((number, i) => params[i] !== number)) {
        const counts = `expected ${own.length} parameters, numbered from ${count - own.length}`;
        throw new LSTMError("STATE_DICT", `${owner}: ${at}.params: ${counts}, got ${describe(params)}`);
      }
      const read = Object.entries(options).map(([name, [, check]]) => [name, check(`${at}.${name}`, given[name])]);
      const checked: Options = Object.fromEntries(read);
      group.check(checked);
      return checked;
    });
  }

  /** The state of all parameters, which are numbered through all groups. */
  #entries() {
    let number = -1;
    return this.#groups.flatMap((group) =>
      [...group.state()].map(({ name, ...entry }) => {
        if (name === "step") number++;
        return { name: `${number}.${name}`, ...entry };
      }),
    );
  }

  #handle(): void {
    for (const group of this.#groups) group.handle(); // throws once disposed
  }

  /** Gives the state's memory back; the parameters stay. Any later use is a `DISPOSED` error; calling it twice is not. */
  dispose(): void {
    for (const group of this.#groups) group.dispose();
  }

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
  }

  /** `using optimizer = new Adam(...)` disposes at the end of the block, where the runtime knows `using`. */
  [DISPOSE](): void {
    this.dispose();
  }

  /** Its name, and of each group how many parameters it has and its options. */
  toString(): string {
    return `${this.#rule.owner}(${this.#groups.join("; ")})`;
  }

  /** What `console.log` shows in Node, Deno and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
