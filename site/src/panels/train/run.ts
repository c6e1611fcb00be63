import { proxy } from "../../worker.js";
import { Curve } from "./curve.js";
import type { Loaded, Progress, Report } from "./trainer.js";

/** A trainer's methods as the page calls them in its worker. */
export interface Calls<Config, Note> {
  train(report: Report<Note>): Promise<void>;
  pause(): Promise<void>;
  reset(): Promise<void>;
  save(): Promise<Uint8Array<ArrayBuffer>>;
  load(bytes: ArrayBuffer): Promise<Loaded<Config>>;
}

/** A training run in a worker, as the page knows it. */
export class Run<Config, Note> {
  readonly losses = new Curve();
  state: "new" | "running" | "paused" = "new";
  step = 0;
  samples = 0;
  rate = 0;
  /** The mean loss of the last report. */
  loss: number | undefined;
  note: Note | undefined;
  /** Why the training ended on its own. */
  failure: string | undefined;
  /** Called once in an animation frame in which something changed. The view that shows the run sets it. */
  onChange: (() => void) | undefined;
  /** Called with each note. */
  onNote: ((note: Note, step: number) => void) | undefined;
  /** Called when there is another model. */
  onRestart: (() => void) | undefined;
  readonly #calls: Calls<Config, Note>;
  /** Reports of a training before the last reset or load are no longer of interest. */
  #generation = 0;
  #frame: number | undefined;

  constructor(calls: Calls<Config, Note>) {
    this.#calls = calls;
  }

  /** Trains, or goes on; ends at the run's last step, or with `pause`. */
  async train(): Promise<void> {
    const generation = this.#generation;
    this.state = "running";
    this.failure = undefined;
    this.#changed();
    const report = (progress: Progress<Note>) => {
      if (generation === this.#generation) this.#take(progress);
    };
    try {
      await this.#calls.train(proxy(report));
    } catch (error) {
      if (generation === this.#generation) this.failure = reasonOf(error);
    }
    if (generation !== this.#generation) return;
    this.state = "paused";
    this.#changed();
  }

  async pause(): Promise<void> {
    await this.#calls.pause();
  }

  async reset(): Promise<void> {
    this.restart();
    await this.#calls.reset();
  }

  /** The worker has a new model. */
  restart(step = 0, samples = 0): void {
    this.#generation++;
    this.losses.clear();
    [this.step, this.samples, this.rate, this.loss] = [step, samples, 0, undefined];
    [this.note, this.failure] = [undefined, undefined];
    this.state = step === 0 ? "new" : "paused";
    this.onRestart?.();
    this.#changed();
  }

  save(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#calls.save();
  }

  async load(bytes: ArrayBuffer): Promise<Loaded<Config>> {
    const loaded = await this.#calls.load(bytes);
    if ("config" in loaded) this.restart(loaded.step, loaded.samples);
    return loaded;
  }

  #take({ step, samples, losses, rate, note }: Progress<Note>): void {
    for (const [index, loss] of losses.entries()) this.losses.add(step - losses.length + index + 1, loss);
    [this.step, this.samples] = [step, samples];
    if (rate > 0) this.rate = rate;
    if (losses.length > 0) this.loss = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    if (note !== undefined) {
      this.note = note;
      this.onNote?.(note, step);
    }
    this.#changed();
  }

  #changed(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.onChange?.();
    });
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
