import { describe } from "../describe.js";
import { LSTMError } from "../errors.js";
import { checkBoolean, checkInteger, checkObject } from "../options.js";
import { UNCLONEABLE } from "../uncloneable.js";
import { checkRate, Optimizer } from "./optimizer.js";

/** What a schedule remembers, to save and to load again. */
export type ScheduleState = Readonly<Record<string, number>>;

/**
 * A learning rate by the epoch, `torch.optim.lr_scheduler`'s: call `step` after each. Like PyTorch's, a schedule changes
 * the rate that it finds, so that several can act on one optimiser.
 */
abstract class Schedule {
  static readonly name: string = "Schedule";
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
  /** @internal */
  protected readonly optimizer: Optimizer;
  /** @internal The optimiser's rate before its first schedule. */
  protected readonly initialLr: number;
  /** How many steps there were. */
  lastEpoch = 0;

  protected constructor(optimizer: Optimizer) {
    if (!(optimizer instanceof Optimizer)) {
      throw new LSTMError("OPTION", `a schedule needs an optimiser, got ${describe(optimizer)}`);
    }
    this.optimizer = optimizer;
    // PyTorch's initial_lr: of the first schedule, before any of them changed it.
    optimizer.initialLr ??= optimizer.lr;
    this.initialLr = optimizer.initialLr;
  }

  /** @internal The rate for `epoch`, made of the one before it. */
  protected abstract next(lr: number, epoch: number): number;

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
  }

  /** After an epoch: sets the optimiser's rate for the next one. */
  step(): void {
    const lr = this.next(this.optimizer.lr, this.lastEpoch + 1);
    this.lastEpoch++;
    this.optimizer.lr = lr;
  }

  /** What it remembers, to save. */
  stateDict(): Record<string, number> {
    return { lastEpoch: this.lastEpoch };
  }

  /** @throws LSTMError `STATE_DICT` for the state of another schedule */
  loadStateDict(state: ScheduleState): void {
    this.lastEpoch = checkState(this.constructor.name, this.stateDict(), state).lastEpoch as number;
  }
}

/** The state, which must have the names of the schedule's own. */
function checkState(owner: string, own: ScheduleState, state: unknown): ScheduleState {
  const names = (of: unknown) =>
    Object.keys((of ?? {}) as object)
      .sort()
      .join(", ");
  const expected = names(own);
  const numbers =
    expected === names(state) && Object.values(state as object).every((value) => typeof value === "number");
  if (numbers) return state as ScheduleState;
  throw new LSTMError("STATE_DICT", `${owner}: expected numbers ${expected}, got ${names(state) || describe(state)}`);
}

/** Multiplies the rate by `gamma` (0.1) every `stepSize` epochs. */
export class StepLR extends Schedule {
  static override readonly name: string = "StepLR";
  readonly #stepSize: number;
  readonly #gamma: number;

  constructor(optimizer: Optimizer, options: { stepSize: number; gamma?: number | undefined }) {
    super(optimizer);
    const given = checkObject("StepLR", options, ["stepSize", "gamma"]);
    this.#stepSize = checkInteger("stepSize", given.stepSize, 1);
    this.#gamma = checkRate("gamma", given.gamma ?? 0.1);
  }

  /** @internal */
  protected override next(lr: number, epoch: number): number {
    return epoch % this.#stepSize === 0 ? lr * this.#gamma : lr;
  }
}

/** Multiplies the rate by `gamma` (0.1) at each of the `milestones`. */
export class MultiStepLR extends Schedule {
  static override readonly name: string = "MultiStepLR";
  readonly #milestones: readonly number[];
  readonly #gamma: number;

  constructor(optimizer: Optimizer, options: { milestones: readonly number[]; gamma?: number | undefined }) {
    super(optimizer);
    const given = checkObject("MultiStepLR", options, ["milestones", "gamma"]);
    if (!Array.isArray(given.milestones)) {
      throw new LSTMError("OPTION", `milestones must be an array of epochs, got ${describe(given.milestones)}`);
    }
    this.#milestones = given.milestones.map((epoch, index) => checkInteger(`milestones[${index}]`, epoch, 1));
    this.#gamma = checkRate("gamma", given.gamma ?? 0.1);
  }

  /** @internal */
  protected override next(lr: number, epoch: number): number {
    return lr * this.#gamma ** this.#milestones.filter((milestone) => milestone === epoch).length;
  }
}

/** Multiplies the rate by `gamma` every epoch. */
export class ExponentialLR extends Schedule {
  static override readonly name: string = "ExponentialLR";
  readonly #gamma: number;

  constructor(optimizer: Optimizer, options: { gamma: number }) {
    super(optimizer);
    this.#gamma = checkRate("gamma", checkObject("ExponentialLR", options, ["gamma"]).gamma);
  }

  /** @internal */
  protected override next(lr: number): number {
    return lr * this.#gamma;
  }
}

/** Half a cosine from the first rate down to `etaMin` (0) in `tMax` epochs, then up again. */
export class CosineAnnealingLR extends Schedule {
  static override readonly name: string = "CosineAnnealingLR";
  readonly #tMax: number;
  readonly #etaMin: number;
  #baseLr: number;

  constructor(optimizer: Optimizer, options: { tMax: number; etaMin?: number | undefined }) {
    super(optimizer);
    const given = checkObject("CosineAnnealingLR", options, ["tMax", "etaMin"]);
    this.#tMax = checkInteger("tMax", given.tMax, 1);
    this.#etaMin = checkRate("etaMin", given.etaMin ?? 0);
    this.#baseLr = this.initialLr;
  }

  /** @internal */
  protected override next(lr: number, epoch: number): number {
    const [tMax, etaMin] = [this.#tMax, this.#etaMin];
    if ((epoch - 1 - tMax) % (2 * tMax) === 0) {
      return lr + ((this.#baseLr - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
    }
    const height = (at: number) => 1 + Math.cos((Math.PI * at) / tMax);
    return Math.max(0, (height(epoch) / height(epoch - 1)) * (lr - etaMin) + etaMin);
  }

  override stateDict(): Record<string, number> {
    return { lastEpoch: this.lastEpoch, baseLr: this.#baseLr };
  }

  override loadStateDict(state: ScheduleState): void {
    super.loadStateDict(state);
    this.#baseLr = state.baseLr as number;
  }
}

/** Warm-up: the rate times `startFactor` (1/3) at once, then evenly to times `endFactor` (1) in `totalIters` (5) epochs. */
export class LinearLR extends Schedule {
  static override readonly name: string = "LinearLR";
  readonly #start: number;
  readonly #end: number;
  readonly #total: number;

  constructor(
    optimizer: Optimizer,
    options: { startFactor?: number | undefined; endFactor?: number | undefined; totalIters?: number | undefined } = {},
  ) {
    super(optimizer);
    const given = checkObject("LinearLR", options, ["startFactor", "endFactor", "totalIters"]);
    this.#start = checkRate("startFactor", given.startFactor ?? 1 / 3);
    this.#end = checkRate("endFactor", given.endFactor ?? 1);
    this.#total = checkInteger("totalIters", given.totalIters ?? 5, 1);
    if (this.#start === 0) throw new LSTMError("OPTION", "startFactor must be more than 0");
    optimizer.lr *= this.#start;
  }

  /** @internal */
  protected override next(lr: number, epoch: number): number {
    if (epoch > this.#total) return lr;
    const slope = this.#end - this.#start;
    return lr * (1 + slope / (this.#total * this.#start + (epoch - 1) * slope));
  }
}

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
  /** The rate goes no lower; 0 by default. */
  minLr?: number | undefined;
  /** Smaller changes of the rate are left out; 1e-8 by default. */
  eps?: number | undefined;
}

/** Multiplies the rate by `factor` when a metric no longer improves: call `step(metric)` after each epoch. */
export class ReduceLROnPlateau {
  static readonly name: string = "ReduceLROnPlateau";
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
  readonly #optimizer: Optimizer;
  readonly #options;
  #best: number | undefined;
  #bad = 0;
  #cooling = 0;

  constructor(optimizer: Optimizer, options: PlateauOptions = {}) {
    if (!(optimizer instanceof Optimizer)) {
      throw new LSTMError("OPTION", `a schedule needs an optimiser, got ${describe(optimizer)}`);
    }
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
      minLr: checkRate("minLr", given.minLr ?? 0),
      eps: checkRate("eps", given.eps ?? 1e-8),
    };
    if (this.#options.factor >= 1)
      throw new LSTMError("OPTION", `factor must be less than 1, got ${this.#options.factor}`);
  }

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
  }

  /** After an epoch, with what is to become better: a loss, say. */
  step(metric: number): void {
    if (typeof metric !== "number") throw new LSTMError("OPTION", `metric must be a number, got ${describe(metric)}`);
    const { patience, cooldown, factor, minLr, eps } = this.#options;
    if (this.#improves(metric)) {
      this.#best = metric;
      this.#bad = 0;
    } else this.#bad++;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad <= patience) return;
    const { lr } = this.#optimizer;
    const next = Math.max(lr * factor, minLr);
    if (lr - next > eps) this.#optimizer.lr = next;
    this.#cooling = cooldown;
    this.#bad = 0;
  }

  #improves(metric: number): boolean {
    const { lower, relative, threshold } = this.#options;
    const best = this.#best;
    // PyTorch starts from infinity, which infinity does not improve.
    if (best === undefined) return lower ? metric < Number.POSITIVE_INFINITY : metric > Number.NEGATIVE_INFINITY;
    if (lower) return metric < (relative ? best * (1 - threshold) : best - threshold);
    return metric > (relative ? best * (1 + threshold) : best + threshold);
  }

  /** What it remembers, to save. */
  stateDict(): Record<string, number> {
    const best = this.#best === undefined ? {} : { best: this.#best };
    return { bad: this.#bad, cooling: this.#cooling, ...best };
  }

  /** @throws LSTMError `STATE_DICT` for the state of another schedule */
  loadStateDict(state: ScheduleState): void {
    const { best, ...rest } = (state ?? {}) as Record<string, number>;
    const { bad, cooling } = checkState("ReduceLROnPlateau", { bad: 0, cooling: 0 }, rest);
    // JSON has no infinity, and makes null of it.
    if (best !== undefined && !Number.isFinite(best)) {
      throw new LSTMError("STATE_DICT", `ReduceLROnPlateau: expected a finite number best, got ${describe(best)}`);
    }
    this.#best = best;
    this.#bad = bad as number;
    this.#cooling = cooling as number;
  }
}

/** Whether a value is the first of two words; it must be one of them. */
function oneOf(name: string, value: unknown, first: string, second: string): boolean {
  if (value === first || value === second) return checkBoolean(name, value === first);
  throw new LSTMError("OPTION", `${name} must be "${first}" or "${second}", got ${describe(value)}`);
}
