import { loops } from "virtual:peak-loops";
import type { Case } from "../../../../bench/cases.js";
import type { Contestant } from "../../../../bench/contestant.js";
import { measure, type Outcome } from "../../../../bench/harness.js";
import { dataOf, ours } from "../../../../bench/ours.js";
import { fastestLoop, speedsOf } from "../../../../bench/peak.js";
import { plain } from "../../../../bench/plain.js";
import { expose } from "../../worker.js";
import { caseOf, KINDS, type Library, type Network } from "./cases.js";
import { clockStep, sliceFor } from "./clock.js";

/** What was measured. */
export interface Report {
  /** GFLOP/s of the fastest loop in its fastest round. */
  readonly peak: number;
  /** Milliseconds of the clock's smallest step. */
  readonly clock: number;
  readonly versions: Readonly<Partial<Record<Library, string>>>;
  readonly cases: readonly { readonly kind: Case["kind"]; readonly outcome: Outcome }[];
}

const LOAD: Readonly<Record<Library, () => Promise<{ contestants: readonly Contestant[] }>>> = {
  "onnxruntime-web": () => import("./contestants/onnxruntime-web.js"),
  tfjs: () => import("./contestants/tfjs.js"),
};

/** The benchmark of `bench/`, in a worker, so that the page goes on while it runs. To end it, end the worker. */
export class Benchmark {
  readonly #loaded: Partial<Record<Library, readonly Contestant[]>> = {};

  async load(library: Library): Promise<void> {
    this.#loaded[library] ??= (await LOAD[library]()).contestants;
  }

  /** @param begin called as each case begins */
  async run(network: Network, libraries: readonly Library[], begin: (kind: Case["kind"]) => void): Promise<Report> {
    for (const library of libraries) await this.load(library);
    const others = libraries.map((library) => [library, this.#loaded[library] ?? []] as const);
    const contestants = [ours, plain, ...others.flatMap(([, loaded]) => loaded)];
    const clock = clockStep();
    const speeds = speedsOf(loops, sliceFor(clock, 1));
    const loop = fastestLoop(loops, speeds);
    const cases: Report["cases"][number][] = [];
    for (const kind of KINDS) {
      begin(kind);
      const one = caseOf(kind, network);
      cases.push({ kind, outcome: await measure(one, dataOf(one), contestants, loop, sliceFor(clock)) });
    }
    const versions = Object.fromEntries(others.map(([library, [first]]) => [library, first?.version]));
    // The machine may have been busy when the loops were measured first.
    const peak = Math.max(...Object.values(speeds), ...cases.map(({ outcome }) => outcome.peak.fastest));
    return { clock, peak, versions, cases };
  }
}

expose(new Benchmark());
