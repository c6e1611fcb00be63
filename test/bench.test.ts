/** The benchmark's own care: who differs is not timed, and a browser's coarse clock neither misleads nor delays it. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Case, nameOf } from "../bench/cases.js";
import type { Contestant, Data } from "../bench/contestant.js";
import { measure, sentencesOf } from "../bench/harness.js";
import { dataOf, ours } from "../bench/ours.js";
import { secondsOf } from "../bench/peak.js";
import { plain } from "../bench/plain.js";

const ONE: Case = { cell: "LSTM", kind: "step", inputs: 1, hidden: 3, layers: 1, directions: 1, batch: 1, steps: 1 };

/** Plain JavaScript, with its results changed. */
function changed(name: string, change: (h: Float32Array) => Float32Array): Contestant {
  return {
    ...plain,
    name,
    async prepare(one, data: Data) {
      const runner = await plain.prepare(one, data);
      const results = async () => ({ h: change((await runner.results()).h as Float32Array) });
      return { ...runner, results };
    },
  };
}

test("who agrees is timed; who differs is told by how much, and is not", async () => {
  const largest = (h: Float32Array) => Math.max(...h.map(Math.abs));
  const outcome = await measure(ONE, dataOf(ONE), [
    ours,
    plain,
    changed("off", (h) => h.map((value, i) => (i === 1 ? value + 0.01 * largest(h) : value))),
    changed("a little off", (h) => h.map((value, i) => (i === 1 ? value + 5e-5 * largest(h) : value))),
    changed("NaN", (h) => h.map((value, i) => (i === 2 ? Number.NaN : value))),
    changed("infinite", (h) => h.map((value, i) => (i === 2 ? Number.POSITIVE_INFINITY : value))),
    changed("short", (h) => h.slice(1)),
  ]);
  expect(Object.keys(outcome.times)).toEqual(["lstm-wasm", "plain JS", "a little off"]);
  for (const { fastest, median } of Object.values(outcome.times)) {
    expect(fastest).toBeGreaterThan(0);
    expect(median).toBeGreaterThanOrEqual(fastest);
  }
  const { differences } = outcome;
  expect(Object.keys(differences)).toEqual(["lstm-wasm", "plain JS", "off", "a little off"]);
  expect(differences["lstm-wasm"]?.worst).toBe(0);
  expect(differences["plain JS"]?.worst).toBeLessThan(1e-6);
  expect(differences.off?.worst).toBeCloseTo(0.01, 6);
  expect(differences["a little off"]?.worst).toBeCloseTo(5e-5, 6);
  expect(sentencesOf(ONE, outcome)).toEqual([
    `off, ${nameOf(ONE)}: differs from ours by 1.0e-2 in h`,
    `NaN, ${nameOf(ONE)}: h has NaN`,
    `infinite, ${nameOf(ONE)}: h has Infinity`,
    `short, ${nameOf(ONE)}: h has 2 values, not 3`,
  ]);
});

describe("a clock of a millisecond", () => {
  afterEach(() => vi.restoreAllMocks());

  /** Time that passes only where it is said to. */
  function clock() {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => Math.floor(now));
    return {
      pass(milliseconds: number) {
        now += milliseconds;
      },
      now: () => now,
    };
  }

  /** Runs that take so many milliseconds each; the first take more, as before an engine has compiled them well. */
  function steady(milliseconds: number, slowUntil = 0) {
    const { pass, now } = clock();
    const take = (times = 1) => pass(times * milliseconds * (now() < slowUntil ? 30 : 1));
    const contestant: Contestant = {
      name: "steady",
      supports: () => true,
      prepare: async () => ({ run: take, results: async () => ({ h: Float32Array.of(1) }), dispose() {} }),
    };
    return { take, contestant, now };
  }

  test("does not have short runs repeated for minutes", async () => {
    const { contestant, now } = steady(0.4);
    const { times } = await measure(ONE, dataOf(ONE), [contestant], undefined, 50);
    expect(now()).toBeLessThan(250 + 50 + 32 * 50);
    expect(times.steady?.fastest).toBeCloseTo(400, -1);
    expect(times.steady?.median).toBeCloseTo(400, -1);
  });

  test("does not make a run of what became fast after the warm-up still faster", async () => {
    const { contestant } = steady(0.013, 300);
    const { times } = await measure(ONE, dataOf(ONE), [contestant], undefined, 50);
    expect(Math.abs((times.steady?.fastest as number) / 13 - 1)).toBeLessThan(0.05);
  });

  test.each([0, 100])("leaves the peak as it is, with slow code for %i ms", (slowUntil) => {
    const { take, now } = steady(1.7e-3, slowUntil);
    const seconds = secondsOf(take, 50);
    expect(Math.abs(seconds / 1.7e-6 - 1)).toBeLessThan(0.02);
    expect(now()).toBeLessThan(2000);
  });
});
