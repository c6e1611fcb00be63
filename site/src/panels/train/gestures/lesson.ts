import type { Closeable } from "../../../panel.js";
import { Background } from "../../../worker.js";
import { Run } from "../run.js";
import workerUrl from "./gestures.worker.ts?worker&url";
import { SHAPES, type Stroke, sampleStroke, Walker } from "./strokes.js";
import type { GestureConfig, GestureNote, GestureTrainer } from "./trainer.js";

/** How many sample strokes a class gets at once. */
const SAMPLES = 6;
/** Sample strokes for trying have seeds from here on, so that the model has not seen them. */
const FIRST_TRIAL = 1000;

/** The strokes that the visitor has drawn, and the model that learns them. */
export class GestureLesson implements Closeable {
  readonly worker = new Background<GestureTrainer>(workerUrl);
  readonly run = new Run<GestureConfig, GestureNote>({
    train: (report) => this.worker.run((trainer) => trainer.train(report)),
    pause: () => this.worker.run((trainer) => trainer.pause()),
    reset: () => this.worker.run((trainer) => trainer.reset()),
    save: () => this.worker.run((trainer) => trainer.save()),
    load: (bytes) => this.worker.run((trainer) => trainer.load(bytes)),
  });
  /** Of each class; undefined where the visitor has given no name. */
  readonly names: (string | undefined)[] = SHAPES.map(() => undefined);
  /** Of each class. */
  readonly strokes: Stroke[][] = SHAPES.map(() => []);
  /** The stroke that is or was tried, and what the model takes it for: the probability of each class. */
  tried: number[] = [];
  answer: readonly number[] | undefined;
  #walker = new Walker();
  #trials = 0;

  constructor() {
    this.run.onRestart = () => {
      [this.tried, this.answer] = [[], undefined];
    };
  }

  /** Whether there is something to tell apart. */
  get ready(): boolean {
    return this.strokes.filter(({ length }) => length > 0).length >= 2;
  }

  /** Begins with first weights. */
  async open(classes: readonly string[]): Promise<void> {
    await this.worker.run((trainer) => trainer.open({ classes }));
    await this.teach(classes);
  }

  /** Hands the strokes and the names of the classes to the worker. */
  async teach(classes: readonly string[]): Promise<void> {
    const examples = this.strokes.flatMap((strokes, label) => strokes.map((stroke) => ({ stroke, label })));
    await this.worker.run(async (trainer) => {
      if (!this.ready) await trainer.pause();
      await trainer.teach(examples, { classes });
    });
  }

  addSamples(): void {
    for (const [index, shape] of SHAPES.entries()) {
      const strokes = this.strokes[index] as Stroke[];
      const first = strokes.length;
      for (let i = 0; i < SAMPLES; i++) strokes.push(sampleStroke(shape, first + i));
    }
  }

  /** A stroke of a shape as the model has not seen it. */
  trial(shape: number): Stroke {
    return sampleStroke(SHAPES[shape] as (typeof SHAPES)[number], FIRST_TRIAL + this.#trials++);
  }

  async penDown(): Promise<void> {
    this.tried = [];
    this.answer = undefined;
    this.#walker = new Walker();
    await this.worker.run((trainer) => trainer.penDown());
  }

  /** The pen has moved on; resolves when the model has read that far. */
  async penMove(x: number, y: number): Promise<void> {
    const { tried } = this;
    tried.push(x, y);
    const steps = this.#walker.advance(x, y);
    if (steps.length === 0) return;
    const answer = await this.worker.run((trainer) => trainer.penMove(steps));
    if (tried === this.tried) this.answer = answer; // else another stroke has begun
  }

  close(): void {
    this.worker.close();
  }
}
