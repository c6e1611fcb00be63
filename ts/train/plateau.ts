import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkBoolean, checkCount, checkInteger, checkObject, checkRate, checkRates } from "../checks/options.js";
import { UNCLONEABLE } from "../parameters/uncloneable.js";
import type { Optimizer } from "./optimizer.js";
import { checkOptimizer, checkState, type ScheduleState } from "./schedule.js";

/** Options of `torch.optim.lr_scheduler.ReduceLROnPlateau`. */
export interface PlateauOptions {
  /** Whether less is better; "min" by default. */
  mode?: "min" | "max" | undefined;
  /** What the rate is multiplied by; 0.1 by default. */
  factor?: number | undefined;
  /** How many epochs without improvement are let pass; 10 by default. */
  patience?: number | undefined;
  /** What counts as an improvement; 1e-4 by default. */
  threshold?: number | undefined;
  /** Whether the threshold is a fraction of the best ("rel", the default) or a difference. */
  thresholdMode?: "rel" | "abs" | undefined;
  /** Epochs after a reduction that do not count; 0 by default. */
  cooldown?: number | undefined;
  /** The rate goes no lower: one number, or one for each group of parameters; 0 by default. */
  minLr?: number | readonly number[] | undefined;
  /** Smaller changes of the rate are left out; 1e-8 by default. */
  eps?: number | undefined;
}

/** Multiplies the rate by `factor` when a metric no longer improves: call `step(metric)` after each epoch. */
export class ReduceLROnPlateau {
  /** The name of the class, also where a minifier renames it. */
  static readonly name: string = "ReduceLROnPlateau";
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
  readonly #optimizer: Optimizer;
  readonly #options;
  #best: number | undefined;
  #bad = 0;
  #cooling = 0;

  /** @throws LSTMError `OPTION` for an option out of range: `factor` is less than 1, no other is negative */
  constructor(optimizer: Optimizer, options: PlateauOptions = {}) {
    checkOptimizer(optimizer);
    const known = ["mode", "factor", "patience", "threshold", "thresholdMode", "cooldown", "minLr", "eps"];
    const given = checkObject("ReduceLROnPlateau", options, known);
    this.#optimizer = optimizer;
    this.#options = {
      lower: oneOf("mode", given.mode ?? "min", "min", "max"),
      relative: oneOf("thresholdMode", given.thresholdMode ?? "rel", "rel", "abs"),
      factor: checkRate("factor", given.factor ?? 0.1),
      patience: checkInteger("patience", given.patience ?? 10, 0),
      threshold: checkRate("threshold", given.threshold ?? 1e-4),
      cooldown: checkInteger("cooldown", given.cooldown ?? 0, 0),
      minLrs: Array.isArray(given.minLr)
        ? checkRates("minLr", given.minLr, optimizer.paramGroups.length)
        : optimizer.paramGroups.map(() => checkRate("minLr", given.minLr ?? 0)),
      eps: checkRate("eps", given.eps ?? 1e-8),
    };
    if (this.#options.factor >= 1)
      throw new LSTMError("OPTION", `factor must be less than 1, got ${this.#options.factor}`);
  }

  /** After an epoch, with what is to become better: a loss, say. */
  step(metric: number): void {
    if (typeof metric !== "number") throw mustBe("OPTION", "metric", "a number", metric);
    const { patience, cooldown, factor, minLrs, eps } = this.#options;
    const improves = this.#improves(metric);
    const cooling = this.#cooling > 0;
    const bad = improves || cooling ? 0 : this.#bad + 1;
    const reduces = bad > patience;
    if (reduces) {
      const rates = this.#optimizer.paramGroups.map(({ lr }, group) => {
        const next = Math.max(lr * factor, minLrs[group] as number);
        return lr - next > eps ? next : lr;
      });
      // Before anything of its own is changed: it is refused once the optimiser was disposed.
      this.#optimizer.setRates(rates);
    }
    if (improves) this.#best = metric;
    this.#bad = reduces ? 0 : bad;
    this.#cooling = reduces ? cooldown : Math.max(0, this.#cooling - 1);
  }

  #improves(metric: number): boolean {
    const { lower, relative, threshold } = this.#options;
    const best = this.#best;
    // PyTorch starts from infinity, which infinity does not improve.
    if (best === undefined) return lower ? metric < Number.POSITIVE_INFINITY : metric > Number.NEGATIVE_INFINITY;
    if (lower) return metric < (relative ? best * (1 - threshold) : best - threshold);
    return metric > (relative ? best * (1 + threshold) : best + threshold);
  }

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
  }

  /** What it remembers, to save. */
  stateDict(): Record<string, string | number> {
    const best = this.#best === undefined ? {} : { best: this.#best };
    return { schedule: "ReduceLROnPlateau", bad: this.#bad, cooling: this.#cooling, ...best };
  }

  /** @throws LSTMError `STATE_DICT` for the state of another schedule, `OPTION` for a value that it cannot have */
  loadStateDict(state: ScheduleState): void {
    this.prepare(state)();
  }

  /** @internal Checks all of a state, and returns what takes it. */
  prepare(state: ScheduleState): () => void {
    const owner = "ReduceLROnPlateau";
    const given = checkState(owner, state, ["schedule", "bad", "cooling", "best"]);
    const { best } = given;
    const bad = checkCount(`${owner}: bad`, given.bad);
    const cooling = checkCount(`${owner}: cooling`, given.cooling);
    // An infinity is one: the best of a metric may be.
    if (best !== undefined && typeof best !== "number") {
      const hint = best === null ? " (JSON has no infinity, and makes null of it)" : "";
      throw new LSTMError("OPTION", `${owner}: best must be a number, got ${describe(best)}${hint}`);
    }
    return () => {
      this.#best = best;
      this.#bad = bad;
      this.#cooling = cooling;
    };
  }
}

/** Whether a value is the first of two words; it must be one of them. */
function oneOf(name: string, value: unknown, first: string, second: string): boolean {
  if (value === first || value === second) return checkBoolean(name, value === first);
  throw mustBe("OPTION", name, `"${first}" or "${second}"`, value);
}
