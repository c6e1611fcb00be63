import { type AddingProgress, type Marks, training } from "../../../../bench/claims/adding.js";
import type { CellName } from "../../../../bench/claims/cells.js";
import { type GradientPoint, gradient } from "../../../../bench/claims/gradient.js";
import { SETTINGS } from "../../../../bench/claims/settings.js";
import { expose } from "../../worker.js";

/** What the visitor chooses of a race; all else is as in `npm run claims`. */
export interface RaceOptions {
  readonly cells: readonly CellName[];
  readonly steps: number;
  readonly seed: number;
  readonly marks: Marks;
}

/** How far one network of the race is. */
export interface Advance extends AddingProgress {
  readonly cell: CellName;
}

interface Lane {
  readonly cell: CellName;
  readonly training: Generator<AddingProgress, void, void>;
}

/** Milliseconds of training between two messages. */
const SLICE = 100;

/** The experiments of `npm run claims`, by its own code and settings. */
export class Memory {
  #lanes: readonly Lane[] = [];
  /** Changes with every call that ends a loop: the loop then finds that it is not its turn any more. */
  #measuring = 0;
  #training = 0;

  settings() {
    return { gradient: SETTINGS.gradient, adding: SETTINGS.adding.lags };
  }

  /** Measures one point after the other. A later call ends this one. */
  async gradients(
    wanted: readonly Pick<GradientPoint, "cell" | "scale" | "steps">[],
    listen: (point: GradientPoint) => void,
  ): Promise<void> {
    const turn = ++this.#measuring;
    for (const { cell, scale, steps } of wanted) {
      for (const point of gradient({ ...SETTINGS.gradient, cells: [cell], scales: [scale], steps: [steps] })) {
        listen(point);
      }
      await messages();
      if (turn !== this.#measuring) return;
    }
  }

  /** Puts new networks at the start of a race. Those of the race before are gone. */
  line({ cells, ...options }: RaceOptions): void {
    this.pause();
    for (const { training } of this.#lanes) training.return();
    this.#lanes = cells.map((cell) => ({ cell, training: training({ ...SETTINGS.adding.lags, ...options, cell }) }));
  }

  /** Trains all networks side by side, an update each in turn, until all have ended or `pause` is called. */
  async race(listen: (advances: readonly Advance[]) => void): Promise<void> {
    const turn = ++this.#training;
    while (turn === this.#training && this.#lanes.length > 0) {
      listen(this.#train());
      await messages();
    }
  }

  pause(): void {
    this.#training++;
  }

  /** A slice of the race. */
  #train(): Advance[] {
    const advances: Advance[] = [];
    const end = performance.now() + SLICE;
    do {
      this.#lanes = this.#lanes.filter(({ cell, training }) => {
        const { value } = training.next();
        if (!value) return false;
        advances.push({ cell, ...value });
        return true;
      });
    } while (this.#lanes.length > 0 && performance.now() < end);
    return advances;
  }
}

/** Lets the worker read its messages: a call that ends a loop waits among them. */
const messages = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

expose(new Memory());
