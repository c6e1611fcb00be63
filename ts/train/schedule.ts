import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkCount, checkInteger, checkObject, checkProbability, checkRate, checkRates } from "../checks/options.js";
import { UNCLONEABLE } from "../parameters/uncloneable.js";
import { Optimizer } from "./optimizer.js";
import { power } from "./power.js";

/** What a schedule remembers, to save and to load again. */
export type ScheduleState = Readonly<Record<string, string | number | readonly number[]>>;

/**
 * A learning rate by the epoch, `torch.optim.lr_scheduler`'s: call `step` after each. Like PyTorch's, a schedule changes
 * the rates that it finds, those of all groups of parameters, so that several can act on one optimiser.
 */
export abstract class Schedule {
  /** The name of the class, also where a minifier renames it. */
  static readonly name: string = "Schedule";
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
  /** @internal */
  protected readonly optimizer: Optimizer;
  /** @internal The groups' rates before the optimiser's first schedule. */
  protected readonly initialLrs: readonly number[];
  readonly #owner: string;
  #lastEpoch = 0;

  /**
   * @internal Comes after the checks of all options: an optimiser must not notice a schedule that was refused.
   *
   * @param owner what errors and saved states call it
   */
  protected constructor(owner: string, optimizer: Optimizer) {
    checkOptimizer(optimizer);
    this.#owner = owner;
    this.optimizer = optimizer;
    // PyTorch's initial_lr: of the first schedule, before any of them changed it.
    optimizer.initialLrs ??= optimizer.paramGroups.map(({ lr }) => lr);
    this.initialLrs = optimizer.initialLrs;
  }

  /** @internal A group's rate for `epoch`, made of the one before it. */
  protected abstract next(lr: number, epoch: number, group: number): number;

  /** How many steps there were. */
  get lastEpoch(): number {
    return this.#lastEpoch;
  }
  set lastEpoch(epoch: number) {
    this.#lastEpoch = checkCount("lastEpoch", epoch);
  }

  /**
   * After an epoch: sets the optimiser's rates for the next one.
   *
   * @throws LSTMError `OPTION` if a rate would not be finite any more; nothing is changed then
   */
  step(): void {
    const epoch = this.#lastEpoch + 1;
    const rates = this.optimizer.paramGroups.map(({ lr }, group) => this.next(lr, epoch, group));
    this.optimizer.setRates(rates, `${this.#owner}: the next lr`);
    this.#lastEpoch = epoch;
  }

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
  }

  /** What it remembers, to save. */
  stateDict(): Record<string, string | number | number[]> {
    return { schedule: this.#owner, lastEpoch: this.#lastEpoch };
  }

  /** @throws LSTMError `STATE_DICT` for the state of another schedule, `OPTION` for a value that it cannot have */
  loadStateDict(state: ScheduleState): void {
    this.prepare(state)();
  }

  /** @internal Checks all of a state, and returns what takes it. */
  prepare(state: ScheduleState): () => void {
    const { lastEpoch } = checkState(this.#owner, state, Object.keys(this.stateDict()));
    const epoch = checkCount(`${this.#owner}: lastEpoch`, lastEpoch);
    return () => {
      this.#lastEpoch = epoch;
    };
  }
}

/** @internal */
export function checkOptimizer(optimizer: unknown): void {
  if (optimizer instanceof Optimizer) return;
  throw new LSTMError("OPTION", `a schedule needs an optimiser, got ${describe(optimizer)}`);
}

/** @internal A saved state, which must be of this schedule. */
export function checkState(owner: string, state: unknown, names: readonly string[]): Record<string, unknown> {
  if (typeof state !== "object" || state === null) {
    throw new LSTMError("STATE_DICT", `${owner}: expected what stateDict() gave, got ${describe(state)}`);
  }
  const { schedule } = state as { schedule?: unknown };
  if (schedule === owner) return checkObject(owner, state, names);
  const got = typeof schedule === "string" ? schedule : "which it does not name";
  throw new LSTMError("STATE_DICT", `${owner}: the state is that of another schedule, ${got}`);
}

/** Multiplies the rate by `gamma` (0.1) every `stepSize` epochs. */
export class StepLR extends Schedule {
  static override readonly name: string = "StepLR";
  readonly #stepSize: number;
  readonly #gamma: number;

  /**
   * @param options.stepSize in epochs, 1 or more
   * @param options.gamma what the rate is multiplied by, 0 or more; 0.1 by default
   * @throws LSTMError `OPTION` for another value
   */
  constructor(optimizer: Optimizer, options: { stepSize: number; gamma?: number | undefined }) {
    const given = checkObject("StepLR", options, ["stepSize", "gamma"]);
    const stepSize = checkInteger("stepSize", given.stepSize, 1);
    const gamma = checkRate("gamma", given.gamma ?? 0.1);
    super("StepLR", optimizer);
    this.#stepSize = stepSize;
    this.#gamma = gamma;
  }

  /** @internal */
  protected override next(lr: number, epoch: number): number {
    return epoch % this.#stepSize === 0 ? lr * this.#gamma : lr;
  }
}

/** Multiplies the rate by `gamma` (0.1) at each of the `milestones`. */
export class MultiStepLR extends Schedule {
  static override readonly name: string = "MultiStepLR";
  /** How often each epoch was given. */
  readonly #milestones: ReadonlyMap<number, number>;
  readonly #gamma: number;

  /**
   * @param options.milestones epochs, each 1 or more; one that is there twice counts twice
   * @param options.gamma what the rate is multiplied by, 0 or more; 0.1 by default
   * @throws LSTMError `OPTION` for another value
   */
  constructor(optimizer: Optimizer, options: { milestones: readonly number[]; gamma?: number | undefined }) {
    const given = checkObject("MultiStepLR", options, ["milestones", "gamma"]);
    const milestones = checkMilestones(given.milestones);
    const gamma = checkRate("gamma", given.gamma ?? 0.1);
    super("MultiStepLR", optimizer);
    this.#milestones = milestones;
    this.#gamma = gamma;
  }

  /** @internal */
  protected override next(lr: number, epoch: number): number {
    return lr * power(this.#gamma, this.#milestones.get(epoch) ?? 0);
  }
}

function checkMilestones(value: unknown): ReadonlyMap<number, number> {
  if (!Array.isArray(value)) {
    throw mustBe("OPTION", "milestones", "an array of epochs", value);
  }
  const counts = new Map<number, number>();
  // Not by map or forEach, which pass holes over.
  for (const [index, given] of value.entries()) {
    const epoch = checkInteger(`milestones[${index}]`, given, 1);
    counts.set(epoch, (counts.get(epoch) ?? 0) + 1);
  }
  return counts;
}

/** Multiplies the rate by `gamma` every epoch. */
export class ExponentialLR extends Schedule {
  static override readonly name: string = "ExponentialLR";
  readonly #gamma: number;

  /**
   * @param options.gamma what the rate is multiplied by, 0 or more
   * @throws LSTMError `OPTION` for another value
   */
  constructor(optimizer: Optimizer, options: { gamma: number }) {
    const gamma = checkRate("gamma", checkObject("ExponentialLR", options, ["gamma"]).gamma);
    super("ExponentialLR", optimizer);
    this.#gamma = gamma;
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
  #baseLrs: readonly number[];

  /**
   * @param options.tMax in epochs, 1 or more
   * @param options.etaMin the lowest rate, 0 or more; 0 by default
   * @throws LSTMError `OPTION` for another value
   */
  constructor(optimizer: Optimizer, options: { tMax: number; etaMin?: number | undefined }) {
    const given = checkObject("CosineAnnealingLR", options, ["tMax", "etaMin"]);
    const tMax = checkInteger("tMax", given.tMax, 1);
    const etaMin = checkRate("etaMin", given.etaMin ?? 0);
    super("CosineAnnealingLR", optimizer);
    this.#tMax = tMax;
    this.#etaMin = etaMin;
    this.#baseLrs = this.initialLrs;
  }

  /** @internal */
  protected override next(lr: number, epoch: number, group: number): number {
    const [tMax, etaMin] = [this.#tMax, this.#etaMin];
    if ((epoch - 1 - tMax) % (2 * tMax) === 0) {
      return lr + (((this.#baseLrs[group] as number) - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
    }
    const height = (at: number) => 1 + Math.cos((Math.PI * at) / tMax);
    return Math.max(0, (height(epoch) / height(epoch - 1)) * (lr - etaMin) + etaMin);
  }

  /** What it remembers, to save. */
  override stateDict(): Record<string, string | number | number[]> {
    return { ...super.stateDict(), baseLrs: [...this.#baseLrs] };
  }

  /** @internal */
  override prepare(state: ScheduleState): () => void {
    const take = super.prepare(state);
    const rates = checkRates("CosineAnnealingLR: baseLrs", state.baseLrs, this.#baseLrs.length);
    return () => {
      take();
      this.#baseLrs = rates;
    };
  }
}

/** Warm-up: the rate times `startFactor` (1/3) at once, then evenly to times `endFactor` (1) in `totalIters` (5) epochs. */
export class LinearLR extends Schedule {
  static override readonly name: string = "LinearLR";
  readonly #start: number;
  readonly #end: number;
  readonly #total: number;

  /**
   * Sets the optimiser's rates to the first ones at once.
   *
   * @param options.startFactor more than 0 and at most 1; 1/3 by default
   * @param options.endFactor from 0 to 1; 1 by default
   * @param options.totalIters in epochs, 1 or more; 5 by default
   * @throws LSTMError `OPTION` for another value
   */
  constructor(
    optimizer: Optimizer,
    options: { startFactor?: number | undefined; endFactor?: number | undefined; totalIters?: number | undefined } = {},
  ) {
    const given = checkObject("LinearLR", options, ["startFactor", "endFactor", "totalIters"]);
    // PyTorch's bounds, too.
    const start = checkProbability("startFactor", given.startFactor ?? 1 / 3);
    const end = checkProbability("endFactor", given.endFactor ?? 1);
    const total = checkInteger("totalIters", given.totalIters ?? 5, 1);
    if (start === 0) throw new LSTMError("OPTION", "startFactor must be more than 0");
    super("LinearLR", optimizer);
    this.#start = start;
    this.#end = end;
    this.#total = total;
    optimizer.setRates(
      optimizer.paramGroups.map(({ lr }) => lr * start),
      "lr",
    );
  }

  /** @internal */
  protected override next(lr: number, epoch: number): number {
    if (epoch > this.#total) return lr;
    const slope = this.#end - this.#start;
    return lr * (1 + slope / (this.#total * this.#start + (epoch - 1) * slope));
  }
}
