/** What `npm run matrix -- --bench` runs in each engine: a few of the benchmark's cases, and what the engine can do at most. */
import { CASES, flops, nameOf } from "../../../bench/cases.js";
import { measure, sentencesOf } from "../../../bench/harness.js";
import { measureLimits } from "../../../bench/limits.js";
import { dataOf, ours } from "../../../bench/ours.js";
import { plain } from "../../../bench/plain.js";

/** GFLOP/s of the best multiply-add loop over operands in L1, and microseconds of each case. */
export interface Figures {
  readonly peak: number;
  readonly cases: readonly {
    readonly name: string;
    readonly flops: number;
    readonly ours: number;
    /** Tuned plain JavaScript. */
    readonly plain: number;
  }[];
}

const CHOSEN = [
  "step (1, 16)",
  "step (1, 40)",
  "step (64, 128)",
  "forward (64, 128, 1, 1, 1, 100)",
  "forward (128, 256, 1, 1, 16, 100)",
  "train (64, 128, 1, 1, 32, 50)",
];

export async function figures(): Promise<Figures> {
  const { peak } = measureLimits();
  const cases = [];
  for (const one of CASES.filter((one) => CHOSEN.includes(nameOf(one)))) {
    const outcome = await measure(one, dataOf(one), [ours, plain]);
    const problems = sentencesOf(one, outcome);
    if (problems.length > 0) throw new Error(problems.join("; "));
    const [own = Number.NaN, theirs = Number.NaN] = [ours, plain].map(({ name }) => outcome.times[name]?.median);
    cases.push({ name: nameOf(one), flops: flops(one), ours: own, plain: theirs });
  }
  return { peak, cases };
}
