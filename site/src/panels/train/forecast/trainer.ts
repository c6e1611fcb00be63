import { LSTM, Tensor } from "lstm-wasm";
import { Last, Linear, Sequential } from "lstm-wasm/nn";
import { mseLoss } from "lstm-wasm/train";
import { mulberry32 } from "../../../../../examples/mulberry32.js";
import { STEPS_OF_RUN } from "../steps-of-run.js";
import { type Measured, type Problem, Trainer, Unreadable } from "../trainer.js";
import { backTestOrigins, naiveErrors, refusal, trainingLength } from "./back-test.js";
import { readCsv } from "./csv.js";
import { type ForecastSettings, LIMITS, SCALES, scaler } from "./settings.js";

export interface ForecastConfig extends ForecastSettings {
  /** The standard deviation of the training part, in the scale. */
  readonly deviation: number;
}

export interface ForecastNote {
  /** Mean absolute error over the back-test, in the unit of the series. */
  readonly error: number;
  /** That of forecasts which repeat the last value, and the last season. */
  readonly naive: { readonly last: number; readonly season: number };
  /** Forecasts of the held-out part, one after the other, from this index on. */
  readonly backTest: { readonly from: number; readonly values: readonly number[] };
  /** What comes after the last value. */
  readonly next: readonly number[];
}

const HIDDEN = 32;
const BATCH = 32;
const SEED = 1;

/**
 * LSTM(1, 32) → Last → Linear(32, horizon). All values are scaled, and taken relative to the window's last one: the model
 * forecasts what changes, so a series that grows does not leave the range that it was trained on.
 */
export class ForecastTrainer extends Trainer<ForecastConfig, ForecastNote> {
  protected readonly lesson = "forecast";
  protected readonly stepsOfRun = STEPS_OF_RUN.forecast;
  protected readonly learningRate = 0.01;
  #values: readonly number[] = [];

  /** The numbers of a CSV file. */
  parse(csv: string): ReturnType<typeof readCsv> {
    return readCsv(csv);
  }

  /** Begins anew on a series. Where there is a problem, the model stays as it was, and a file may bring one that fits. */
  open(values: readonly number[], settings: ForecastSettings): Problem | undefined {
    this.pause();
    this.#values = values;
    const problem = refusal(values, settings);
    if (problem !== undefined) return problem;
    const training = values.slice(0, trainingLength(values.length, settings.horizon)).map(scaler(settings.scale).to);
    const mean = training.reduce((sum, x) => sum + x, 0) / training.length;
    const variance = training.reduce((sum, x) => sum + (x - mean) ** 2, 0) / training.length;
    this.begin({ ...settings, deviation: Math.sqrt(variance) || 1 }); // a constant series has none
    return undefined;
  }

  protected create({ horizon }: ForecastConfig): Sequential {
    return new Sequential({
      lstm: new LSTM({ inputSize: 1, hiddenSize: HIDDEN, seed: SEED }),
      last: new Last(),
      head: new Linear({ inFeatures: HIDDEN, outFeatures: horizon, seed: SEED + 1 }),
    });
  }

  protected measure(model: Sequential, config: ForecastConfig, step: number): Measured {
    const { window, horizon } = config;
    const random = mulberry32(1_000_003 * SEED + step);
    const windows = trainingLength(this.#values.length, horizon) - window - horizon + 1;
    const starts = Array.from({ length: BATCH }, () => Math.floor(random() * windows));
    const scaled = (index: number, start: number) => this.#scaled(index, start, config);
    const target = new Tensor(
      starts.map((start) => Array.from({ length: horizon }, (_, k) => scaled(start + window + k, start))),
    );
    return { ...mseLoss(model.forward(this.#input(starts, config)), target), samples: BATCH };
  }

  protected note(model: Sequential, config: ForecastConfig): ForecastNote {
    const values = this.#values;
    const { horizon } = config;
    const cut = trainingLength(values.length, horizon);
    const origins = backTestOrigins(values.length, horizon);
    const forecasts = this.#forecast(model, origins, config);
    const errors = forecasts.flatMap((forecast, index) =>
      forecast.map((value, k) => Math.abs(value - (values[(origins[index] as number) + k] as number))),
    );
    const error = errors.reduce((sum, one) => sum + one, 0) / errors.length;
    const apart = Array.from({ length: Math.floor((values.length - cut) / horizon) }, (_, i) => cut + i * horizon);
    return {
      error,
      naive: naiveErrors(values, origins, config),
      backTest: { from: cut, values: this.#forecast(model, apart, config).flat() },
      next: this.#forecast(model, [values.length], config).flat(),
    };
  }

  protected read(about: unknown): ForecastConfig {
    const config = (about ?? {}) as ForecastConfig;
    const { window, horizon, season, scale, deviation } = config;
    for (const name of ["window", "horizon", "season"] as const) {
      const [least, most] = LIMITS[name];
      if (!Number.isSafeInteger(config[name]) || config[name] < least || config[name] > most) {
        throw new Unreadable(`expected a ${name} from ${least} to ${most} in the metadata, got ${config[name]}`);
      }
    }
    if (!SCALES.includes(scale)) throw new Unreadable(`expected the scale ${SCALES.join(" or ")}, got ${scale}`);
    if (!Number.isFinite(deviation) || deviation <= 0) throw new Unreadable(`expected a deviation, got ${deviation}`);
    return { window, horizon, season, scale, deviation };
  }

  protected override refusal(config: ForecastConfig): Problem | undefined {
    return refusal(this.#values, config);
  }

  /** From each of these indices on, what the window before it says: `horizon` values in the unit of the series. */
  #forecast(model: Sequential, origins: readonly number[], config: ForecastConfig): number[][] {
    const { window, horizon, deviation, scale } = config;
    const { to, from } = scaler(scale);
    const starts = origins.map((origin) => origin - window);
    const { data } = model.forward(this.#input(starts, config)); // (origins, horizon)
    return origins.map((origin, row) => {
      const last = to(this.#values[origin - 1] as number);
      return Array.from({ length: horizon }, (_, k) => from(last + deviation * (data[row * horizon + k] as number)));
    });
  }

  /** The windows that begin at these indices: (window, batch, 1). */
  #input(starts: readonly number[], config: ForecastConfig): Tensor {
    return new Tensor(
      Array.from({ length: config.window }, (_, t) => starts.map((start) => [this.#scaled(start + t, start, config)])),
    );
  }

  /** A value relative to the last one of the window that begins at `start`, in standard deviations. */
  #scaled(index: number, start: number, { window, scale, deviation }: ForecastConfig): number {
    const { to } = scaler(scale);
    const [value, last] = [this.#values[index] as number, this.#values[start + window - 1] as number];
    return (to(value) - to(last)) / deviation;
  }
}
