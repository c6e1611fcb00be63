import type { Language } from "../../../i18n/index.js";
import type { Closeable } from "../../../panel.js";
import { Background } from "../../../worker.js";
import { Run } from "../run.js";
import type { Problem } from "../trainer.js";
import poems from "./data/poems.txt?raw";
import tang from "./data/tang.txt?raw";
import workerUrl from "./text.worker.ts?worker&url";
import type { TextConfig, TextTrainer } from "./trainer.js";

export const TEXTS = { poems, tang } as const;
export type TextName = keyof typeof TEXTS;

/** In UTF-16 units: a book's chapter, which the worker cuts into characters at once. */
export const LONGEST = 200_000;

/** A text, and the model that learns to write like it. */
export class TextLesson implements Closeable {
  readonly worker = new Background<TextTrainer>(workerUrl);
  readonly run = new Run<TextConfig, string>({
    train: (report) => this.worker.run((trainer) => trainer.train(report)),
    pause: () => this.worker.run((trainer) => trainer.pause()),
    reset: () => this.worker.run((trainer) => trainer.reset()),
    save: () => this.worker.run((trainer) => trainer.save()),
    load: (bytes) => this.worker.run((trainer) => trainer.load(bytes)),
  });
  source: TextName | "own";
  text: string;
  temperature = 0.7;
  /** Why nothing can be learnt from the text. */
  problem: Problem | undefined;

  constructor(language: Language) {
    this.source = language === "zh" ? "tang" : "poems";
    this.text = TEXTS[this.source];
  }

  /** Begins anew on the text. */
  async open(): Promise<void> {
    this.run.restart();
    const { text } = this;
    const problem = await this.worker.run((trainer) => trainer.open(text));
    if (text === this.text) this.problem = problem; // else a newer text is on its way
  }

  async choose(temperature: number): Promise<void> {
    this.temperature = temperature;
    await this.worker.run((trainer) => trainer.choose(temperature));
  }

  /** Lets the model write again. */
  async write(): Promise<void> {
    this.run.note = await this.worker.run((trainer) => trainer.write());
  }

  close(): void {
    this.worker.close();
  }
}
