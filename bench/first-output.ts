import type { Case } from "./cases.js";
import type { Contestant, Data } from "./contestant.js";

/** A (16, 64) LSTM over 100 steps. */
export const CASE: Case = {
  cell: "LSTM",
  kind: "forward",
  inputs: 16,
  hidden: 64,
  layers: 1,
  directions: 1,
  batch: 1,
  steps: 100,
};

/** What a cold process does: builds the model and runs it once. */
export async function first({ prepare }: Contestant): Promise<void> {
  const runner = await prepare(CASE, dataOfFirst(CASE));
  await runner.run();
  const { output } = await runner.results();
  if (!output?.every((value) => Math.abs(value) < 1)) throw new Error("no output");
}

/** Any numbers do. Nobody's library may make them, and making them may take no time: both would count. */
export function dataOfFirst({ inputs, hidden, steps }: Case): Data {
  const values = (count: number) => {
    const all = Float32Array.from([0.11, -0.07, 0.02, -0.12, 0.05, 0.09, -0.03]);
    const target = new Float32Array(count);
    for (let at = 0; at < count; at += all.length) target.set(all.subarray(0, count - at), at);
    return target;
  };
  const weights = {
    weight_ih_l0: values(4 * hidden * inputs),
    weight_hh_l0: values(4 * hidden * hidden),
    bias_ih_l0: values(4 * hidden),
    bias_hh_l0: values(4 * hidden),
  };
  return { weights, input: values(steps * inputs), gradOutput: new Float32Array(0) };
}
