import type { Closeable } from "../../panel.js";
import { Background, proxy } from "../../worker.js";
import type { Benchmark } from "./benchmark.worker.js";
import workerUrl from "./benchmark.worker.ts?worker&url";
import { KINDS, LIBRARIES, type Library, type Network } from "./cases.js";
import { place } from "./place.js";
import { type Result, resultOf } from "./result.js";

/** What the visitor chose, how far the measurement is, and what came out. A `change` event tells of each change. */
export class Session extends EventTarget implements Closeable {
  network: Network = { cell: "LSTM", size: "16, 64" };
  /** Whether a library takes part. */
  readonly libraries: Record<Library, "absent" | "loading" | "present"> = {
    "onnxruntime-web": "absent",
    tfjs: "absent",
  };
  /** The case that is being measured, the first before it begins; `undefined` while nothing is measured. */
  running: (typeof KINDS)[number] | undefined;
  result: Result | undefined;
  /** Whether the visitor ended the last measurement. */
  cancelled = false;
  /** Why a contestant failed: by the case's kind and its name. */
  reasons: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
  /** Why a library could not be loaded, or nothing be measured. */
  failure: { readonly library: Library | undefined; readonly reason: string } | undefined;
  /** There only when it has something to do: whoever only looks at a result needs none. */
  #worker: Background<Benchmark> | undefined;

  choose(change: Partial<Network>): void {
    this.network = { ...this.network, ...change };
    this.#changed();
  }

  /** Has a library take part, or no longer. */
  async toggle(library: Library): Promise<void> {
    const { libraries } = this;
    this.failure = undefined;
    if (libraries[library] === "present") {
      libraries[library] = "absent";
      return this.#changed();
    }
    libraries[library] = "loading";
    this.#changed();
    await this.#attempt((worker) => worker.run((benchmark) => benchmark.load(library)), library);
    libraries[library] = this.failure === undefined ? "present" : "absent";
    this.#changed();
  }

  async run(): Promise<void> {
    const { network } = this;
    this.running = KINDS[0];
    this.failure = undefined;
    this.cancelled = false;
    this.#changed();
    const libraries = LIBRARIES.filter((library) => this.libraries[library] === "present");
    await this.#attempt(async (worker) => {
      const begin = proxy((kind: (typeof KINDS)[number]) => {
        if (this.#worker !== worker) return; // what was on its way when it was cancelled
        this.running = kind;
        this.#changed();
      });
      const report = await worker.run((benchmark) => benchmark.run(network, libraries, begin));
      for (const { outcome } of report.cases) {
        const own = outcome.problems["lstm-wasm"];
        if (own !== undefined) throw new Error(own);
      }
      this.reasons = Object.fromEntries(report.cases.map(({ kind, outcome }) => [kind, outcome.problems]));
      this.result = resultOf(report, network, place());
    });
    this.running = undefined;
    this.#changed();
  }

  /** Ends the measurement at once, whatever is running. */
  cancel(): void {
    this.cancelled = true;
    this.close();
  }

  close(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    worker?.close();
  }

  /** Does something in the worker; a failure is told, unless the worker was ended on purpose. */
  async #attempt(work: (worker: Background<Benchmark>) => Promise<void>, library?: Library): Promise<void> {
    this.#worker ??= new Background<Benchmark>(workerUrl);
    const worker = this.#worker;
    try {
      await work(worker);
    } catch (error) {
      if (this.#worker !== worker) return;
      this.close(); // what failed may be broken
      this.failure = { library, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  #changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
