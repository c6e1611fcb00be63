/** Rounds of operations. What fails is played again with fewer operations, until none can be left out. */
import { Draw } from "./draw.js";
import { operate } from "./operations.js";
import { World } from "./world.js";

export interface Options {
  /** The first round's seed; each next one's is one more. */
  readonly seed: number;
  /** Ends before a round when this is false. */
  readonly more: (rounds: number) => boolean;
  /** Names of operations to leave out. */
  readonly without?: readonly string[];
}

/** Operations in a round. */
const OPERATIONS = 80;

/** Plays rounds; throws with a report when one fails. Between rounds, finalisers can run. */
export async function playRounds({ seed, more, without = [] }: Options): Promise<number> {
  let rounds = 0;
  for (; more(rounds); rounds++) {
    const all = Array.from({ length: OPERATIONS }, (_, number) => number);
    const failed = play(seed + rounds, all, without);
    if (failed !== undefined) throw report(seed, seed + rounds, failed, without);
    await new Promise((next) => setTimeout(next));
  }
  return rounds;
}

interface Failed {
  readonly error: Error;
  /** What was done, and which numbers the operations had. */
  readonly log: readonly string[];
  readonly numbers: readonly number[];
}

/** Plays these operations of a round. Each draws from a seed of its own, so that any may be left out. */
function play(seed: number, numbers: readonly number[], without: readonly string[]): Failed | undefined {
  const world = new World();
  const log: string[] = [];
  const done: number[] = [];
  try {
    for (const number of numbers) {
      done.push(number);
      const draw = new Draw(Math.imul(seed, 0x9e3779b1) + Math.imul(number + 1, 0x85ebca6b));
      operate(world, draw, (what) => log.push(what), without);
    }
    world.about = "";
    log.push("check all, at the end");
    world.check();
    return undefined;
  } catch (error) {
    return { error: error as Error, log, numbers: done };
  } finally {
    world.dispose();
  }
}

/** The fewest operations, found by leaving out ever smaller pieces, that still fail in the same way. */
function shrunk(seed: number, failed: Failed, without: readonly string[]): Failed {
  const kind = ({ error }: Failed) => error.message.replace(/[-\d.e+]+|#.*?: /g, "").slice(0, 40);
  let best = failed;
  for (let size = best.numbers.length >> 1; size >= 1; size >>= 1) {
    for (let from = 0; from < best.numbers.length; ) {
      const fewer = best.numbers.filter((_, index) => index < from || index >= from + size);
      const again = play(seed, fewer, without);
      if (again !== undefined && kind(again) === kind(best)) best = again;
      else from += size;
    }
  }
  return best;
}

function report(first: number, seed: number, failed: Failed, without: readonly string[]): Error {
  const again = play(seed, failed.numbers, without);
  const best = again === undefined ? failed : shrunk(seed, again, without);
  const start = again === undefined ? first : seed;
  const text = [
    `fuzzing: ${best.error.message}`,
    `after these operations${again === undefined ? ", not when they are played again: rounds before them matter" : ""}:`,
    ...best.log.map((line) => `  ${line}`),
    `To play it again: npm run fuzz -- --seed ${start} --rounds ${seed - start + 1}`,
  ].join("\n");
  return new Error(text, { cause: best.error });
}
