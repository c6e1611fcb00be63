import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { filled } from "../filled.js";
import { adding } from "./adding.js";
import { CELL_NAMES } from "./cells.js";
import { CHAPTER, tables } from "./chapter.js";
import { measure } from "./measure.js";
import { json, readRecord } from "./record.js";
import { SETTINGS, type Settings } from "./settings.js";
import { number } from "./summary.js";
import { verdicts } from "./verdicts.js";

/** The experiments of `npm run claims`, each as small as it can be. */
const race = {
  ...SETTINGS.adding.lags,
  steps: [4, 6],
  seeds: [1],
  updates: 4,
  hiddenSize: 4,
  batch: 4,
  every: 2,
  heldOut: 8,
};
const TINY: Settings = {
  gradient: { ...SETTINGS.gradient, scales: [1, 8], steps: [1, 2, 5], seeds: [1, 2, 3], hiddenSize: 4 },
  adding: {
    lags: { ...race, solved: 10 },
    "no clipping": { ...race, maxNorm: Number.POSITIVE_INFINITY },
    "smaller rate": { ...race, lr: 0.003 },
    "early marks": { ...race, marks: "early" },
  },
  directions: {
    models: {
      "one direction": { bidirectional: false, hiddenSize: 4 },
      "two directions": { bidirectional: true, hiddenSize: 4 },
    },
    ...{ seeds: [1], pieces: 40, epochs: 2, testPieces: 8 },
  },
  cost: { ...SETTINGS.cost, inputSize: 4, hiddenSize: 8, batch: 2, steps: 3, rounds: 2 },
};
/** A language of three words. */
const pieces = Array.from({ length: 48 }, (_, i) =>
  Array.from({ length: 1 + (i % 5) }, (_, j) => ["我", "喜欢", "运动会"][(i * 7 + j) % 3] as string),
);
const text = { training: pieces, test: pieces };

describe("measure", () => {
  const { figures, times } = measure(TINY, text);

  it("gives the same figures twice", () => {
    expect(json(measure(TINY, text).figures)).toBe(json(figures));
  });

  it("has a point for each cell, scale and length", () => {
    expect(figures.gradient.length).toBe(CELL_NAMES.length * 2 * 3);
    for (const { input, parameters, clipped } of figures.gradient) {
      expect(input).toBeGreaterThan(0);
      expect(clipped).toBeLessThanOrEqual(Math.min(1 + 1e-6, parameters as number));
    }
  });

  it("has a run for each network, with its errors, and leaves out longer sequences once too few seeds solve one", () => {
    const { lags, "early marks": early } = figures.adding;
    expect(lags.map(({ cell, steps }) => [cell, steps])).toEqual(
      TINY.adding.lags.cells.flatMap((cell) => [
        [cell, 4],
        [cell, 6],
      ]),
    );
    expect(lags.every(({ solved, updates, errors }) => solved && updates === 0 && errors.length === 1)).toBe(true);
    expect(early.map(({ cell, steps }) => [cell, steps])).toEqual(
      TINY.adding["early marks"].cells.map((cell) => [cell, 4]),
    );
    for (const { solved, updates, errors, error, input } of early) {
      expect([solved, updates, errors.length]).toEqual([false, 4, 3]);
      expect(errors.at(-1)).toBe(error);
      expect(input[1]).not.toBe(input[0]);
    }
  });

  it("has every model after every epoch, and every cell at both sizes", () => {
    expect(figures.directions.map(({ model, epoch }) => [model, epoch])).toEqual(
      Object.keys(TINY.directions.models).flatMap((model) => [
        [model, 1],
        [model, 2],
      ]),
    );
    const [one, , two] = figures.directions.map(({ parameters }) => parameters.lstm);
    expect(two).toBe(2 * (one as number));
    expect(figures.cost.map(({ same }) => same)).toEqual([
      ...Array(4).fill("hidden size"),
      ...Array(3).fill("parameters"),
    ]);
    expect(times.directions.length).toBe(figures.directions.length);
    expect(times.cost.length).toBe(figures.cost.length);
  });
});

it("a network that learns the adding problem stops there, with a small error", () => {
  const points = [...adding({ ...SETTINGS.adding.lags, cell: "GRU", steps: 5, seed: 1 })];
  expect(points[0]?.error).toBeGreaterThan(0.5);
  expect(points.at(-1)?.error).toBeLessThanOrEqual(SETTINGS.adding.lags.solved);
  expect(points.filter(({ solved }) => solved).length).toBe(1);
});

describe("docs/claims.md", () => {
  const record = readRecord();

  it("has the tables of the record", () => {
    const chapter = readFileSync(CHAPTER, "utf8");
    expect(filled(chapter, tables(record))).toBe(chapter);
    for (const name of Object.keys(tables(record))) expect(chapter).toContain(`<!-- table: ${name} -->`);
  });

  it("describes the experiments that were recorded", () => {
    expect(json(record.figures.settings)).toBe(json(SETTINGS));
    const { lags } = SETTINGS.adding;
    expect([lags.hiddenSize, lags.batch, lags.lr, lags.maxNorm, lags.updates, lags.solved]).toEqual([
      32, 32, 0.01, 1, 600, 0.05,
    ]);
    const { pieces, epochs, testPieces } = SETTINGS.directions;
    expect([pieces, epochs, testPieces]).toEqual([5000, 2, 2000]);
    expect([SETTINGS.cost.batch, SETTINGS.cost.steps, SETTINGS.cost.inputSize]).toEqual([16, 25, 64]);
    expect([SETTINGS.gradient.hiddenSize, SETTINGS.gradient.seeds.length]).toEqual([64, 9]);
  });

  it.each(verdicts(record))("$claim: $verdict, as the figures have it", ({ holds }) => {
    expect(holds).toBe(true);
  });

  it("says of the variants what the record says", () => {
    const solved = (name: keyof typeof record.figures.adding, cell: string) =>
      record.figures.adding[name].filter((run) => run.cell === cell && run.solved).length;
    expect([solved("no clipping", "GRU"), solved("no clipping", "LSTM")]).toEqual([3, 3]);
    expect([solved("early marks", "GRU"), solved("early marks", "LSTM")]).toEqual([0, 0]);
    expect(solved("early marks", "LSTM, forget bias 3")).toBe(3);
    expect(solved("smaller rate", "RNN (relu)")).toBeGreaterThan(3);
  });
});

it("numbers have two digits", () => {
  expect([0, 0.00012, 0.0123, 1, 344, 67890, 1e-44, null].map(number)).toEqual([
    "0",
    "1.2e-4",
    "0.012",
    "1",
    "340",
    "6.8e4",
    "1.0e-44",
    "overflow",
  ]);
});
