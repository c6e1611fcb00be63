import type { Remote } from "comlink";
import type { Closeable } from "../../panel.js";
import { Background } from "../../worker.js";
import type { FileFacts, Files } from "./file.worker.js";
import workerUrl from "./file.worker.ts?worker&url";
import type { LayerFacts, Nonlinearity } from "./model.js";
import type { Answer, Refusal } from "./problem.js";
import type { Ran, Run } from "./run.js";
import type { Saved } from "./save.js";

/** What the visitor has opened and chosen. It outlasts a change of the language. */
export class Session implements Closeable {
  readonly #worker = new Background<Files>(workerUrl);
  /** The name of the file that was opened last; undefined before the first. */
  name: string | undefined;
  /** What it holds, or why it cannot be used; undefined while it is read. */
  answer: Answer<FileFacts> | undefined;

  layer = 0;
  depth = 0;
  direction: Run["direction"] = "forward";
  nonlinearity: Nonlinearity = "tanh";

  source: "text" | "csv" | "noise" = "text";
  text = "long short-term memory";
  csv = "";
  steps = 48;
  seed = 0;

  unit = 0;
  step = 0;
  /** The first of the units that the heat maps show. */
  firstUnit = 0;

  /** @returns whether this is still the file that was opened last */
  async open(name: string, files: readonly File[]): Promise<boolean> {
    this.name = name;
    this.answer = undefined;
    Object.assign(this, { layer: 0, csv: "" });
    this.chooseLayer(0);
    const mine = Symbol(name);
    this.#opening = mine;
    const answer = await this.#ask((worker) => worker.open(files));
    if (this.#opening !== mine) return false;
    this.answer = answer;
    return true;
  }
  #opening: symbol | undefined;

  chooseLayer(layer: number): void {
    Object.assign(this, {
      layer,
      depth: 0,
      direction: "forward",
      nonlinearity: "tanh",
      unit: 0,
      step: 0,
      firstUnit: 0,
    });
  }

  get chosen(): LayerFacts | undefined {
    return this.answer !== undefined && "value" in this.answer ? this.answer.value.layers[this.layer] : undefined;
  }

  run(): Promise<Answer<Ran>> {
    const { layer, depth, direction, nonlinearity, text, csv, steps, seed } = this;
    const sources = {
      text: { kind: "text", text },
      csv: { kind: "csv", csv },
      noise: { kind: "noise", steps, seed },
    } as const;
    const how: Run = { source: sources[this.source], depth, direction, nonlinearity };
    return this.#ask((worker) => worker.run(layer, how));
  }

  save(what: Saved): Promise<Answer<Uint8Array<ArrayBuffer>>> {
    const { layer, nonlinearity } = this;
    return this.#ask((worker) => worker.save(layer, what, nonlinearity));
  }

  /** A worker that cannot answer is a refusal too. */
  async #ask<T>(work: (worker: Remote<Files>) => Promise<Answer<T>>): Promise<Answer<T>> {
    try {
      return (await this.#worker.run(work)) as Answer<T>;
    } catch (error) {
      const { name, message } = error as Error;
      return { refusal: { code: name, message } };
    }
  }

  close(): void {
    this.#worker.close();
  }
}

export const isRefused = <T>(answer: Answer<T>): answer is { readonly refusal: Refusal } => "refusal" in answer;
