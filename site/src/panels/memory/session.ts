import type { Closeable } from "../../panel.js";
import { Background } from "../../worker.js";
import { Gradients } from "./gradients.js";
import type { Memory } from "./memory.worker.js";
import workerUrl from "./memory.worker.ts?worker&url";
import { Race } from "./race.js";

/** The two experiments with what they have shown so far. They outlast a change of the language. */
export class Session implements Closeable {
  readonly #worker = new Background<Memory>(workerUrl);
  /** Ready when the worker is. */
  readonly experiments: Promise<Experiments> = this.#worker
    .run((memory) => memory.settings())
    .then(({ gradient, adding }) => ({
      gradients: new Gradients(this.#worker, gradient),
      race: new Race(this.#worker, adding),
    }));

  close(): void {
    this.#worker.close();
  }
}

export interface Experiments {
  readonly gradients: Gradients;
  readonly race: Race;
}
