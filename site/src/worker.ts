import { type Remote, wrap } from "comlink";
import type { Closeable } from "./panel.js";

export { expose, proxy, transfer } from "comlink";

/**
 * An object that lives in a worker, so that heavy work does not freeze the page. In the worker: `expose(new Model())`. On
 * the page:
 *
 * ```ts
 * const worker = new Background<Model>(new Worker(new URL("./model.worker.ts", import.meta.url), { type: "module" }));
 * const reading = await worker.run((model) => model.read(text, proxy((share) => bar.show(share))));
 * ```
 *
 * Arguments and results are copied. `proxy(callback)` lets the worker report progress; `transfer(value, [buffer])` hands a
 * buffer over without a copy.
 */
export class Background<Api> implements Closeable {
  readonly #worker: Worker;
  readonly #api: Remote<Api>;
  /** Rejects every call that waits. */
  readonly #waiting = new Set<(reason: Error) => void>();
  #failure: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#api = wrap<Api>(worker);
    // Without this, a worker that cannot be loaded would leave its callers waiting for ever.
    worker.addEventListener("error", ({ message }) => this.#fail(message || "its script could not be loaded"));
    worker.addEventListener("messageerror", () => this.#fail("a message could not be read"));
  }

  /**
   * Calls the object in the worker. (`Answer` is the promise, since comlink makes a union of promises of a union.)
   *
   * @throws Error what the object threw, or why the worker cannot answer
   */
  run<Answer extends Promise<unknown>>(work: (api: Remote<Api>) => Answer): Promise<Awaited<Answer>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      work(this.#api)
        .then((value) => resolve(value as Awaited<Answer>), reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  /** Ends the worker, whatever it does. Calls that wait are rejected. */
  close(): void {
    this.#worker.terminate();
    this.#fail("it was closed");
  }

  #fail(reason: string): void {
    this.#failure ??= new Error(`the worker ended: ${reason}`);
    for (const reject of this.#waiting) reject(this.#failure);
    this.#waiting.clear();
  }
}
