/** All objects of one round, and what the operations have in common. */
import { LSTM } from "lstm-wasm";
import type { Draw } from "./draw.js";
import type { NarrowSubject } from "./narrow-subject.js";
import type { Saved } from "./saved.js";
import type { StreamSubject } from "./stream-subject.js";
import type { Subject } from "./subject.js";
import type { OptimizerSubject } from "./training.js";

export class World {
  readonly subjects: Subject[] = [];
  readonly streams: StreamSubject[] = [];
  readonly optimizers: OptimizerSubject[] = [];
  readonly checkpoints: Saved[] = [];
  readonly narrow: NarrowSubject[] = [];
  /** LSTMs that only take memory. */
  readonly ballast: LSTM[] = [];
  /** What the operation that runs now is about, for the report. */
  about = "";

  /** One of a list, most of the time one that was not disposed; undefined if there is none. */
  choose<T extends { disposed: boolean }>(draw: Draw, list: readonly T[]): T | undefined {
    const live = list.filter(({ disposed }) => !disposed);
    const from = live.length > 0 && draw.chance(0.95) ? live : list;
    if (from.length === 0) return undefined;
    const chosen = draw.pick(from);
    this.about = String(chosen);
    return chosen;
  }

  /** Something that a getter in an argument may do while a call reads it. */
  meanwhile(draw: Draw, subject: Subject): () => void {
    const act = draw.pick<() => void>([
      () => this.grow(draw),
      () => subject.disposed || subject.forward(draw),
      () => subject.disposed || subject.backward(draw),
      () => this.streams.find(({ dead, owner }) => !dead && owner === subject)?.step(draw),
      () => draw.chance(0.3) && subject.dispose(),
      () => subject.disposed || subject.rewrite(draw),
      () => subject.disposed || subject.waiting.length > 0 || subject.module.discardPending(),
    ]);
    this.about += ` with a getter`;
    let called = false;
    return () => {
      if (called) return;
      called = true;
      act();
    };
  }

  /** Takes more of WebAssembly's memory, or gives some back. */
  grow(draw: Draw): void {
    if (this.ballast.length > 0 && draw.chance(0.5)) this.ballast.pop()?.dispose();
    else if (this.ballast.length < 4)
      this.ballast.push(new LSTM({ inputSize: 8, hiddenSize: draw.int(20, 200), seed: 1 }));
  }

  /** Holds everything to its model. */
  check(): void {
    for (const subject of this.subjects) named(subject, () => subject.check());
    for (const stream of this.streams) named(stream, () => stream.check());
    for (const optimizer of this.optimizers) named(optimizer, () => optimizer.check());
    for (const subject of this.narrow) named(subject, () => subject.check());
  }

  dispose(): void {
    for (const { module } of this.subjects) module.dispose();
    for (const { stream } of this.streams) stream.dispose();
    for (const { optimizer } of this.optimizers) optimizer.dispose();
    for (const { module } of this.narrow) module.dispose();
    for (const lstm of this.ballast) lstm.dispose();
  }
}

/** Says of which object an error is. */
function named(object: object, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new Error(`${object}: ${(error as Error).message}`, { cause: error });
  }
}
