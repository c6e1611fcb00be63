import { type Remote, wrap } from "comlink";
import type { Closeable } from "./panel.js";

export { expose, proxy, transfer } from "comlink";

/**
 * An object that lives in a worker, so that heavy work does not freeze the page. In the worker: `expose(new Model())`. On
 * the page:
 *
 * ```ts
 * import workerUrl from "./model.worker.ts?worker&url";
 *
 * const worker = new Background<Model>(workerUrl);
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

  /** @param url the address of the worker's module */
  constructor(url: string) {
    const worker = new Worker(underPolicy(url), { type: "module" });
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

/** The addresses that `underPolicy` made: one for each module, however often a worker is started. */
const blobs = new Map<string, string>();

/**
 * The address of a blob that imports a worker's module. A worker from a blob inherits the Content-Security-Policy of the page.
 * One from a file has only the policy that the server sends with this file, and hosts of static files send none.
 */
function underPolicy(url: string): string {
  if (import.meta.hot) return url; // served by Vite: there is no policy, and addresses of files have no host
  const script = `import ${JSON.stringify(new URL(url, document.baseURI).href)};`;
  const address = blobs.get(script) ?? URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  blobs.set(script, address);
  return address;
}
