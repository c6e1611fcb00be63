import { type Case, flops, nameOf } from "./cases.js";
import type { Contestant, Data, Runner } from "./contestant.js";
import { medianOf } from "./median.js";
import type { Loop } from "./peak.js";

/** Microseconds of one run. */
export interface Time {
  /** The median of the rounds. */
  readonly median: number;
  readonly fastest: number;
}

export interface Outcome {
  /**
   * GFLOP/s of the peak's loop, if there is one, and the part of it that the first contestant reaches between two of its
   * slices: the median of the rounds. Else NaN.
   */
  readonly peak: { readonly median: number; readonly fastest: number; readonly share: number };
  /** By the contestant's name, in the order of the contestants. */
  readonly times: Readonly<Record<string, Time>>;
  /** How far each contestant's results are from the first one's, of those that could be compared. */
  readonly differences: Readonly<Record<string, Difference>>;
  /** By the contestant's name: what kept it from being timed. */
  readonly problems: Readonly<Record<string, string>>;
}

/** The worst difference of two results, as a part of the tensor's largest magnitude, and in which tensor. */
export interface Difference {
  readonly worst: number;
  readonly where: string;
}

/** Rounds for everyone whose run is shorter than a slice. */
const ROUNDS = 31;
/** Milliseconds for which a contestant runs in one round, at least once, where the clock is fine enough. */
export const SLICE = 12;
/** A contestant whose run is longer than a slice gets fewer rounds, but so many up to so many milliseconds a run. */
const FEWEST_ROUNDS = [
  { below: 100, rounds: 31 },
  { below: 300, rounds: 15 },
  { below: 1000, rounds: 9 },
  { below: Number.POSITIVE_INFINITY, rounds: 3 },
];
/** Milliseconds; V8's optimised code arrives meanwhile. */
const WARM_UP = 250;
/** Runs in a slice, at most. */
const MOST_CALLS = 1e5;
/** Far above what float32 in another order of sums does, far below any mistake. */
export const TOLERANCE = 1e-4;

/**
 * Times one case: the first contestant's results are the reference, whoever differs is a problem and is not timed.
 */
export async function measure(
  one: Case,
  data: Data,
  contestants: readonly Contestant[],
  peak?: Loop,
  slice = SLICE,
): Promise<Outcome> {
  const problems: Record<string, string> = {};
  const differences: Record<string, Difference> = {};
  const entrants: Entrant[] = [];
  let reference: Results | undefined;
  for (const contestant of contestants.filter((contestant) => contestant.supports(one))) {
    let runner: Runner | undefined;
    try {
      runner = await contestant.prepare(one, data);
      const results = await firstResults(one, runner);
      reference ??= results;
      const difference = differenceOf(results, reference);
      const { worst, where } = difference;
      differences[contestant.name] = difference;
      if (worst > (contestant.tolerance ?? TOLERANCE))
        throw new Error(`differs from ours by ${worst.toExponential(1)} in ${where}`);
      entrants.push({ name: contestant.name, runner, flops: flops(one) });
    } catch (error) {
      problems[contestant.name] = error instanceof Error ? error.message : String(error);
      await runner?.dispose();
    }
  }
  const { times, peak: speed, shares } = await takeTurns(entrants, peak, 1, slice);
  const share = shares[entrants[0]?.name ?? ""] ?? Number.NaN;
  return { peak: { ...speed, share }, times, differences, problems };
}

/** The problems of a case, in sentences. */
export function sentencesOf(one: Case, { problems }: Outcome): string[] {
  return Object.entries(problems).map(([contestant, reason]) => `${contestant}, ${nameOf(one)}: ${reason}`);
}

/** A runner under the name of its times. */
export interface Entrant {
  readonly name: string;
  readonly runner: Runner;
  /** Multiplications and additions of a run. */
  readonly flops: number;
}

export interface Turns {
  /** GFLOP/s of the peak's loop, NaN without one. */
  readonly peak: { readonly median: number; readonly fastest: number };
  /** By the entrant's name. */
  readonly times: Readonly<Record<string, Time>>;
  /** The part of the peak that an entrant reaches between two slices of the peak's loop: the median of the rounds. */
  readonly shares: Readonly<Record<string, number>>;
}

/**
 * Times the entrants in turn, in slices, so that a machine that slows down for a while slows everyone down, and disposes
 * of them.
 * @param sharing so many, from the first, whose share of the peak is measured too
 * @param slice milliseconds of each round, for a clock that is coarse
 */
export async function takeTurns(
  entrants: readonly Entrant[],
  peak: Loop | undefined,
  sharing: number,
  slice = SLICE,
): Promise<Turns> {
  const entries = entrants.map(entryOf);
  const limit = peak && entryOf({ name: "peak", runner: runnerOf(peak), flops: peak.flops });
  for (const entry of limit ? [...entries, limit] : entries) await warmUp(entry, slice);
  const sample = async (entry: Entry) => {
    const time = await timeSlice(entry, slice);
    entry.samples.push(time);
    return time;
  };
  const compared = limit ? entries.slice(0, sharing) : [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const entry of shuffled(entries.filter(({ rounds }) => takesPart(round, rounds)))) await sample(entry);
    for (const entry of compared.filter(({ rounds }) => takesPart(round, rounds))) {
      const before = await sample(limit as Entry);
      const own = await timeSlice(entry, slice);
      const after = await sample(limit as Entry);
      entry.shares.push(entry.flops / own / ((limit as Entry).flops / ((before + after) / 2)));
    }
  }
  for (const { runner } of entries) await runner.dispose();
  const samples = limit?.samples ?? [];
  const speed = (milliseconds: number) => (limit?.flops ?? 0) / milliseconds / 1e6;
  return {
    peak: { median: speed(medianOf(samples)), fastest: speed(Math.min(...samples)) },
    times: Object.fromEntries(
      entries.map(({ name, samples }) => [
        name,
        { median: medianOf(samples) * 1000, fastest: Math.min(...samples) * 1000 },
      ]),
    ),
    shares: Object.fromEntries(compared.map(({ name, shares }) => [name, medianOf(shares)])),
  };
}

function runnerOf({ run }: Loop): Runner {
  return { run, results: async () => ({}), dispose() {} };
}

type Results = Readonly<Record<string, Float32Array>>;

interface Entry extends Entrant {
  /** Runs in a slice. */
  calls: number;
  rounds: number;
  /** Milliseconds of one run. */
  readonly samples: number[];
  /** Of the peak, one a round. */
  readonly shares: number[];
}

function entryOf(entrant: Entrant): Entry {
  return { ...entrant, calls: 1, rounds: 1, samples: [], shares: [] };
}

async function firstResults(one: Case, runner: Runner): Promise<Results> {
  runner.reset?.();
  // The first step begins with zeros, so only a second one shows the recurrent weights.
  for (let run = 0; run < (one.kind === "step" ? 3 : 1); run++) await runner.run();
  return runner.results();
}

/** @throws Error for what cannot be compared */
function differenceOf(results: Results, reference: Results): Difference {
  const names = Object.keys(results).filter((name) => name in reference);
  if (names.length === 0) throw new Error(`nothing to compare among ${Object.keys(results).join(", ")}`);
  let [worst, where] = [0, ""];
  for (const name of names) {
    const [got, wanted] = [results[name] as Float32Array, reference[name] as Float32Array];
    if (got.length !== wanted.length) throw new Error(`${name} has ${got.length} values, not ${wanted.length}`);
    const largest = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    for (let i = 0; i < got.length; i++) {
      const difference = Math.abs((got[i] as number) - (wanted[i] as number)) / (largest || 1);
      if (!Number.isFinite(difference)) throw new Error(`${name} has ${got[i]}`);
      if (difference > worst) [worst, where] = [difference, name];
    }
  }
  return { worst, where };
}

async function warmUp(entry: Entry, slice: number): Promise<void> {
  const start = performance.now();
  let calls = 1;
  let perRun = await timePerRun(entry.runner, calls);
  while (performance.now() - start < WARM_UP) {
    // A browser's clock may say that some runs took none; eight times as many then tell more.
    calls = Math.min(callsIn(slice / 4, perRun), 8 * calls);
    perRun = await timePerRun(entry.runner, calls);
  }
  entry.calls = callsIn(slice, perRun);
  const fewest = FEWEST_ROUNDS.find(({ below }) => perRun < below)?.rounds ?? ROUNDS;
  entry.rounds = Math.max(fewest, Math.min(ROUNDS, Math.floor((ROUNDS * slice) / perRun)));
}

/** How many runs fill so many milliseconds. */
function callsIn(milliseconds: number, perRun: number): number {
  return Math.max(1, Math.min(MOST_CALLS, Math.round(milliseconds / perRun)));
}

/** Spreads a contestant's rounds evenly over all. */
function takesPart(round: number, rounds: number): boolean {
  return Math.floor(((round + 1) * rounds) / ROUNDS) > Math.floor((round * rounds) / ROUNDS);
}

/** Milliseconds of a run in a slice. One that is too short does not count: in the warm-up the machine was slower then. */
async function timeSlice(entry: Entry, slice: number): Promise<number> {
  for (;;) {
    const perRun = await timePerRun(entry.runner, entry.calls);
    if (perRun * entry.calls >= slice / 2 || entry.calls >= MOST_CALLS) return perRun;
    entry.calls *= 2;
  }
}

async function timePerRun(runner: Runner, calls: number): Promise<number> {
  if (runner.timed) return medianOf(await runner.timed(calls)) * 1000;
  const run = runner.run.bind(runner);
  const start = performance.now();
  for (let call = 0; call < calls; call++) {
    const running = run();
    if (running !== undefined) await running; // a synchronous contestant does not pay for promises
  }
  return (performance.now() - start) / calls;
}

export function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
