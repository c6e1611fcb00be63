import { LSTMError } from "lstm-wasm";
import type { Sequential } from "lstm-wasm/nn";
import { load, loadMetadata, save } from "lstm-wasm/safetensors";
import { Adam, clipGradNorm, type Loss } from "lstm-wasm/train";

/** How long the worker trains before it looks for messages, in milliseconds: a pause waits no longer than that. */
const CHUNK = 30;
/** How often it shows what the model can do by then, in milliseconds. */
const NOTE_EVERY = 400;
/** Over how long steps a second are measured, in milliseconds. */
const RATE_OVER = 500;
const LARGEST_NORM = 1;

/** What a training run tells the page. */
export interface Progress<Note> {
  readonly step: number;
  /** How many samples the model has seen. */
  readonly samples: number;
  /** The loss of each step since the last report. */
  readonly losses: readonly number[];
  /** Steps a second, messages and notes included; 0 until it is measured. */
  readonly rate: number;
  /** What the model can do now; undefined where there is nothing new. */
  readonly note: Note | undefined;
}
export type Report<Note> = (progress: Progress<Note>) => void | Promise<void>;

/** Why a file is not taken. */
export type Problem =
  | { readonly kind: "damaged"; readonly reason: string }
  /** It is no model of this lesson. */
  | { readonly kind: "foreign" }
  /** The data is too short for it. */
  | { readonly kind: "short"; readonly need: number; readonly got: number }
  /** A number from which no logarithm can be taken. */
  | { readonly kind: "not positive" };

export type Loaded<Config> =
  | { readonly config: Config; readonly step: number; readonly samples: number }
  | { readonly problem: Problem };

/** A loss, its gradient, and how many samples it was measured on. */
export interface Measured extends Loss {
  readonly samples: number;
}

/**
 * A model in a worker that is trained in short pieces. After each, it reports and waits for the answer: in that time
 * messages arrive, "pause" for example, and a page that is slow slows the reports down, not itself.
 */
export abstract class Trainer<Config extends object, Note> {
  /** Written into the file, so that a model of another lesson is refused. */
  protected abstract readonly lesson: string;
  /** A run ends at the next multiple of it. */
  protected abstract readonly stepsOfRun: number;
  protected abstract readonly learningRate: number;

  /** A new model with its first weights. */
  protected abstract create(config: Config): Sequential;
  /** The loss of the next batch. The model is in training mode. */
  protected abstract measure(model: Sequential, config: Config, step: number): Measured;
  /** What the model can do. It is in eval mode. */
  protected abstract note(model: Sequential, config: Config): Note;
  /** What `about` of a file tells. @throws Error if that is no configuration of this lesson */
  protected abstract read(about: unknown): Config;

  /** Why a model so configured cannot be used with the data at hand. */
  protected refusal(_config: Config): Problem | undefined {
    return undefined;
  }

  #config: Config | undefined;
  #model: Sequential | undefined;
  #optimizer: Adam | undefined;
  #step = 0;
  #samples = 0;
  /** The run that goes on; a pause or another run takes its place. */
  #run: object | undefined;

  /** Begins anew, with first weights. */
  protected begin(config: Config): void {
    this.#take(this.create(config), config, 0, 0);
  }

  /** Other words for the same model: the names of its classes. */
  protected rename(config: Config): void {
    if (this.#config !== undefined) this.#config = config;
  }

  /** The model in eval mode. Undefined before there is one. */
  protected get model(): Sequential | undefined {
    return this.#model?.eval();
  }

  protected get config(): Config {
    if (this.#config === undefined) throw new Error("there is no model yet");
    return this.#config;
  }

  /** Trains until the run's last step or a pause. */
  async train(report: Report<Note>): Promise<void> {
    const run = {};
    this.#run = run;
    const end = (Math.floor(this.#step / this.stepsOfRun) + 1) * this.stepsOfRun;
    let noted = Number.NEGATIVE_INFINITY;
    let mark = { time: performance.now(), step: this.#step };
    let rate = 0;
    while (this.#run === run && this.#step < end) {
      const losses = this.#chunk(end);
      const now = performance.now();
      if (now - mark.time >= RATE_OVER) {
        rate = (1000 * (this.#step - mark.step)) / (now - mark.time);
        mark = { time: now, step: this.#step };
      }
      const notes = now - noted >= NOTE_EVERY;
      await report(this.#progress(losses, rate, notes));
      if (notes) noted = now;
    }
    if (this.#run !== undefined && this.#run !== run) return; // another run reports
    this.#run = undefined;
    await report(this.#progress([], rate, true));
  }

  pause(): void {
    this.#run = undefined;
  }

  /** Back to first weights. */
  reset(): void {
    this.begin(this.config);
  }

  /** A safetensors file: the state dict, and in its metadata what `load` needs to go on. PyTorch reads it too. */
  save(): Uint8Array<ArrayBuffer> {
    if (this.#model === undefined) throw new Error("there is no model yet");
    const { lesson } = this;
    const [step, samples, about] = [`${this.#step}`, `${this.#samples}`, JSON.stringify(this.config)];
    return save(this.#model.stateDict(), { format: "pt", lesson, step, samples, about });
  }

  /** Takes what `save` gave. Nothing changes where there is a problem. */
  load(bytes: ArrayBuffer): Loaded<Config> {
    let model: Sequential | undefined;
    try {
      const { lesson, step, samples, about } = loadMetadata(bytes);
      if (lesson !== this.lesson) return { problem: { kind: "foreign" } };
      const config = this.read(JSON.parse(about ?? "null"));
      const problem = this.refusal(config);
      if (problem !== undefined) return { problem };
      model = this.create(config);
      model.loadStateDict(load(bytes));
      this.#take(model, config, count(step), count(samples));
      return { config, step: this.#step, samples: this.#samples };
    } catch (error) {
      model?.dispose();
      if (!(error instanceof LSTMError || error instanceof SyntaxError || error instanceof Unreadable)) throw error;
      return { problem: { kind: "damaged", reason: error.message } };
    }
  }

  #take(model: Sequential, config: Config, step: number, samples: number): void {
    const optimizer = new Adam(model.parameters(), { lr: this.learningRate });
    this.pause();
    this.#optimizer?.dispose();
    this.#model?.dispose();
    this.#model = model;
    this.#optimizer = optimizer;
    this.#config = config;
    this.#step = step;
    this.#samples = samples;
  }

  /** Steps until the time is over. */
  #chunk(end: number): number[] {
    const [model, optimizer] = [this.#model, this.#optimizer];
    if (model === undefined || optimizer === undefined) throw new Error("there is no model yet");
    const losses: number[] = [];
    const until = performance.now() + CHUNK;
    model.train();
    do {
      optimizer.zeroGrad();
      const { loss, gradient, samples } = this.measure(model, this.config, this.#step);
      if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss}`);
      model.backward(gradient);
      clipGradNorm(model.parameters(), LARGEST_NORM);
      optimizer.step();
      this.#step++;
      this.#samples += samples;
      losses.push(loss);
    } while (this.#step < end && performance.now() < until);
    return losses;
  }

  #progress(losses: readonly number[], rate: number, notes: boolean): Progress<Note> {
    const { model } = this;
    const note = notes && model !== undefined ? this.note(model, this.config) : undefined;
    return { step: this.#step, samples: this.#samples, losses, rate, note };
  }
}

/** The metadata of a file is not as `save` writes it. */
export class Unreadable extends Error {}

function count(text: string | undefined): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Unreadable(`expected a number of steps, got ${text}`);
  return value;
}
