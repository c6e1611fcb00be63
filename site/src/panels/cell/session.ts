import type { Closeable } from "../../panel.js";
import { Background } from "../../worker.js";
import type { Reader } from "./reader.worker.js";
import workerUrl from "./reader.worker.ts?worker&url";
import type { RunName, Story } from "./story.js";

/** Which model is shown. */
export type ModelName = "pinyin" | "digits";

/** What the visitor has chosen and what the model made of it. It outlasts a change of the language. */
export class Session implements Closeable {
  readonly #worker = new Background<Reader>(workerUrl);
  model: ModelName = "pinyin";
  readonly texts: Record<ModelName, string> = { pinyin: "我爱中国", digits: "a7bcd2efgh9ij" };
  /** The run that is shown, or all side by side. */
  shown: RunName | "all" = "all";
  /** The followed unit of each model. */
  readonly units: Record<ModelName, number> = { pinyin: 14, digits: 0 };
  /** Which step of each run is shown, from 1. */
  t = 4;
  /** How many stages of the step have been computed; `Infinity` for all. */
  stages = Number.POSITIVE_INFINITY;
  playing = false;
  /** In stages a second. */
  speed = 2;

  get text(): string {
    return this.texts[this.model];
  }

  set text(text: string) {
    this.texts[this.model] = text;
  }

  get unit(): number {
    return this.units[this.model];
  }

  set unit(unit: number) {
    this.units[this.model] = unit;
  }

  /** What the model makes of the present text. */
  read(): Promise<Story> {
    return this.#worker.run((reader) => reader[this.model](this.text));
  }

  close(): void {
    this.#worker.close();
  }
}
