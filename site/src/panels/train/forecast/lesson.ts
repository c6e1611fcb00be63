import type { Closeable } from "../../../panel.js";
import { Background } from "../../../worker.js";
import { Curve } from "../curve.js";
import { Run } from "../run.js";
import type { Problem } from "../trainer.js";
import type { CsvProblem } from "./csv.js";
import workerUrl from "./forecast.worker.ts?worker&url";
import { SERIES, type SeriesName } from "./series.js";
import type { ForecastSettings } from "./settings.js";
import type { ForecastConfig, ForecastNote, ForecastTrainer } from "./trainer.js";

/** A series, how it is to be forecast, and the model that learns it. */
export class ForecastLesson implements Closeable {
  readonly worker = new Background<ForecastTrainer>(workerUrl);
  readonly run = new Run<ForecastConfig, ForecastNote>({
    train: (report) => this.worker.run((trainer) => trainer.train(report)),
    pause: () => this.worker.run((trainer) => trainer.pause()),
    reset: () => this.worker.run((trainer) => trainer.reset()),
    save: () => this.worker.run((trainer) => trainer.save()),
    load: (bytes) => this.worker.run((trainer) => trainer.load(bytes)),
  });
  /** What is forecast: a series that ships, or a file of the visitor's own with its name. */
  source: SeriesName | { readonly file: string } = "airline";
  values: readonly number[] = [];
  settings: ForecastSettings = SERIES.airline.settings;
  /** Why these settings do not fit the series. */
  problem: Problem | undefined;
  /** The back-test's errors. */
  readonly errors = new Curve();
  best: { readonly error: number; readonly step: number } | undefined;
  /** Resolves when the first series is there. */
  readonly opened: Promise<void>;

  constructor() {
    this.run.onNote = ({ error }, step) => {
      this.errors.add(step, error);
      if (this.best === undefined || error < this.best.error) this.best = { error, step };
    };
    this.run.onRestart = () => {
      this.errors.clear();
      this.best = undefined;
    };
    this.opened = this.choose("airline");
  }

  /** What the x axis shows at an index. */
  xOf(index: number): number {
    const [first, step] = typeof this.source === "string" ? SERIES[this.source].x : [1, 1];
    return first + step * index;
  }

  async choose(name: SeriesName): Promise<void> {
    const { csv, settings } = SERIES[name];
    const parsed = await this.worker.run((trainer) => trainer.parse(csv));
    if ("problem" in parsed) throw new Error(`${name}: ${parsed.problem.kind}`);
    [this.source, this.values] = [name, parsed.values];
    await this.set(settings);
  }

  /** Takes a CSV file of the visitor's own; nothing changes where there is a problem. */
  async open(file: string, csv: string): Promise<CsvProblem | undefined> {
    const parsed = await this.worker.run((trainer) => trainer.parse(csv));
    if ("problem" in parsed) return parsed.problem;
    [this.source, this.values] = [{ file }, parsed.values];
    const positive = parsed.values.every((value) => value > 0);
    await this.set({ ...this.settings, scale: positive ? this.settings.scale : "plain" });
    return undefined;
  }

  /** Begins anew with other settings. */
  async set(settings: ForecastSettings): Promise<void> {
    this.settings = settings;
    this.run.restart();
    this.problem = await this.worker.run((trainer) => trainer.open(this.values, settings));
  }

  close(): void {
    this.worker.close();
  }
}
