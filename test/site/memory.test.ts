/** The panel "Memory": what it shows is what `npm run claims` recorded, to the last digit. */
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CellName } from "../../bench/claims/cells.js";
import { readRecord } from "../../bench/claims/record.js";
import { gradientAt, number, reached, select } from "../../bench/claims/summary.js";
import { violations } from "./axe.js";
import { longTasks } from "./long-tasks.js";
import { Site } from "./site.js";

const { gradient, adding, settings } = readRecord().figures;

let site: Site;
beforeAll(async () => {
  site = await Site.open();
}, 300_000);
afterAll(() => site?.close());

/** A table's rows: the texts of their cells, and the numbers that stand in each, with all digits. */
interface Row {
  readonly texts: readonly string[];
  readonly numbers: readonly (readonly number[])[];
}

const tableOf = (page: Page, section: 1 | 2): Promise<Row[]> =>
  page.$$eval(`section:nth-of-type(${section}) .scroll tr`, (rows) =>
    rows.map((row) => ({
      texts: [...row.cells].map(({ textContent }) => textContent ?? ""),
      numbers: [...row.cells].map((cell) => [...cell.querySelectorAll("data")].map(({ value }) => Number(value))),
    })),
  );

/** Moves a slider, the nth of its section, by the keys of a visitor's keyboard. */
async function press(
  page: Page,
  section: 1 | 2,
  nth: number,
  ...keys: ("Home" | "End" | "ArrowRight" | "ArrowLeft")[]
) {
  const sliders = await page.$$(`section:nth-of-type(${section}) input[type=range]`);
  await sliders[nth]?.focus();
  for (const key of keys) await page.keyboard.press(key);
}

const times = (count: number) => Array.from({ length: count }, () => "ArrowRight" as const);
const measured = (page: Page) => page.waitForSelector("section:nth-of-type(1)[aria-busy=false]", { timeout: 60_000 });
const click = (page: Page, text: string) => page.click(`::-p-xpath(//button[text()="${text}"])`);

/** Waits until a condition holds for the rows of the race's table, and returns them. */
async function raceUntil(page: Page, holds: (rows: readonly Row[]) => boolean): Promise<Row[]> {
  for (;;) {
    const [, ...rows] = await tableOf(page, 2);
    if (holds(rows)) return rows;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** How many updates a row tells of. */
const updates = ({ texts }: Row): number => Number(/\d+/.exec(texts[1] ?? "")?.[0] ?? 0);

describe("the gradient", { timeout: 120_000 }, () => {
  /** What the table must show, from the record. */
  function recorded(cell: CellName, scale: number, steps: number) {
    const value = reached(gradient, gradientAt(gradient, cell, scale, steps));
    return { text: number(value), numbers: value === null ? [] : [value] };
  }

  async function equalsRecord(page: Page, scale: number, forgetBias: number, lengths: readonly number[]) {
    await measured(page);
    const [head, ...rows] = await tableOf(page, 1);
    expect(head?.texts).toEqual(["T =", ...lengths.map(String)]);
    const cells = ["RNN (tanh)", "RNN (relu)", "GRU", "LSTM", `LSTM, forget bias ${forgetBias}`] as CellName[];
    expect(rows.map(({ texts: [cell] }) => cell)).toEqual(cells);
    cells.forEach((cell, i) => {
      const wanted = lengths.map((steps) => recorded(cell, scale, steps));
      expect(rows[i]?.texts.slice(1)).toEqual(wanted.map(({ text }) => text));
      expect(rows[i]?.numbers.slice(1)).toEqual(wanted.map(({ numbers }) => numbers));
    });
  }

  test("is the record's, wherever the sliders stand on a setting of `npm run claims`", async () => {
    const { page, complaints } = await site.visit("memory");
    await equalsRecord(page, 1, 1, [10, 30, 100, 200]);
    await press(page, 1, 1, ...times(4)); // from x 1, in steps of the square root of 2
    await press(page, 1, 2, ...times(4)); // from 1, in steps of a half
    await press(page, 1, 0, "ArrowLeft", "ArrowLeft");
    await equalsRecord(page, 4, 3, [10, 30, 100]);
    await press(page, 1, 1, "End");
    await press(page, 1, 0, "End");
    await equalsRecord(page, 8, 3, [10, 30, 100, 200, 500]);
    await press(page, 1, 0, "Home");
    await equalsRecord(page, 8, 3, [10]);
    expect(complaints).toEqual([]);
  });

  test("follows a slider at once, though it was still measuring for another setting", async () => {
    const { page } = await site.visit("memory");
    await press(page, 1, 0, "End");
    await press(page, 1, 0, "Home");
    await press(page, 1, 2, "End"); // a forget bias of 5, of which there is no record
    await measured(page);
    const [, ...rows] = await tableOf(page, 1);
    expect(rows.at(-1)?.texts[0]).toBe("LSTM, forget bias 5");
    const [plain, open] = rows.slice(-2).map(({ numbers }) => numbers[1]?.[0] as number);
    expect(open).toBeGreaterThan(plain as number);
    const labels = await page.$$eval("section:nth-of-type(1) input[type=range]", (sliders) =>
      sliders.map((slider) => slider.getAttribute("aria-valuetext")),
    );
    expect(labels).toEqual(["10", "× 1", "5"]);
    const described = await page.$eval("section:nth-of-type(1) .chart", ({ ariaLabel }) => ariaLabel);
    expect(described).toContain(`From step 10 arrive: RNN (tanh) ${rows[0]?.texts[1]}`);
  });
});

describe("the race", { timeout: 120_000 }, () => {
  test("pauses, goes on, and ends as the record says, whatever language it is watched in", async () => {
    const { page, complaints, ready } = await site.visit("memory");
    await measured(page);
    await press(page, 2, 0, "Home", "ArrowRight");
    await click(page, "Start the race");
    await raceUntil(page, (rows) => rows.every((row) => updates(row) > 0));
    await click(page, "Pause");
    await page.waitForSelector(`::-p-xpath(//button[text()="Resume"])`);
    await new Promise((resolve) => setTimeout(resolve, 300)); // what was on its way when the race paused
    const paused = await tableOf(page, 2);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await tableOf(page, 2)).toEqual(paused);
    expect(updates(paused[1] as Row)).toBeLessThan(600);
    expect(await violations(page)).toEqual([]);

    await page.select("#language", "zh");
    await ready();
    const chinese = await tableOf(page, 2);
    expect(chinese.map(({ numbers }) => numbers)).toEqual(paused.map(({ numbers }) => numbers));
    expect(chinese.slice(1).map(updates)).toEqual(paused.slice(1).map(updates));
    await page.select("#language", "en");
    await ready();

    await click(page, "Resume");
    await page.waitForSelector(`::-p-xpath(//button[text()="Race again"])`, { timeout: 60_000 });
    const [, ...rows] = await tableOf(page, 2);
    for (const { texts, numbers } of rows) {
      const run = select(adding.lags, texts[0] as CellName, 10).find(({ seed }) => seed === 1);
      expect(run, texts[0]).toBeDefined();
      expect(texts[1]?.trim()).toBe(`${run?.solved ? "solved after" : "not solved in"} ${run?.updates}`);
      expect(numbers.slice(2)).toEqual([[run?.error], run?.input]);
    }
    expect(rows.some(({ texts }) => texts[1]?.includes("not solved"))).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("races by other rules, as the record has them, and stands at its start after a reset", async () => {
    const { page, complaints } = await site.visit("memory");
    await measured(page);
    const selects = await page.$$("section:nth-of-type(2) select");
    await selects[0]?.select("early");
    await selects[1]?.select("2");
    await press(page, 2, 1, ...times(4)); // a forget bias of 3
    const before = await tableOf(page, 2);
    expect(before.slice(1).map(({ texts }) => texts.slice(1))).toEqual(Array(5).fill([" at the start", "–", "–"]));

    await click(page, "Start the race");
    const recorded = before.slice(1).flatMap(({ texts: [cell] }) => {
      const run = select(adding["early marks"], cell as CellName, 30).find(({ seed }) => seed === 2);
      return run ? [run] : [];
    });
    expect(recorded.map(({ cell }) => cell)).toEqual(["GRU", "LSTM", "LSTM, forget bias 3"]);
    const { every } = settings.adding["early marks"];
    const rows = await raceUntil(page, (rows) => rows.every((row) => updates(row) >= every));
    for (const run of recorded) {
      const row = rows.find(({ texts }) => texts[0] === run.cell) as Row;
      expect(row.numbers[2]).toEqual([run.errors[Math.floor(updates(row) / every)]]);
      expect(row.numbers[3]?.[0]).toBe(run.input[0]);
    }
    await click(page, "Reset");
    expect(await tableOf(page, 2)).toEqual(before);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await tableOf(page, 2)).toEqual(before);
    await click(page, "Start the race");
    await raceUntil(page, (rows) => rows.every((row) => updates(row) > 0));
    expect(complaints).toEqual([]);
  });
});

test("the main thread is never blocked for 50 ms while it measures, trains, and is used", {
  timeout: 120_000,
}, async () => {
  const { page } = await site.visit("memory");
  await measured(page);
  await press(page, 2, 0, "Home");
  const found = await longTasks(page, async () => {
    await click(page, "Start the race");
    await press(page, 1, 1, ...times(2)); // the gradients are measured anew while the race goes on
    await raceUntil(page, (rows) => rows.every((row) => updates(row) >= 50));
    await measured(page);
  });
  expect(found).toEqual([]);
  const control = await longTasks(page, () =>
    page.evaluate(() => {
      for (const start = performance.now(); performance.now() < start + 1000; );
    }),
  );
  expect(control).toHaveLength(1);
});

test("a worker that ends is told of, with its reason", { timeout: 60_000 }, async () => {
  const { page, ready } = await site.visit("memory");
  await page.evaluateOnNewDocument(() => {
    const { Worker } = globalThis;
    globalThis.Worker = class extends Worker {
      constructor(address: string | URL, options?: WorkerOptions) {
        super(address, options);
        addEventListener("test-end", () => this.dispatchEvent(new ErrorEvent("error", { message: "no memory" })));
      }
    };
  });
  await page.reload();
  await ready();
  await click(page, "Start the race");
  await page.evaluate(() => dispatchEvent(new Event("test-end")));
  await page.waitForSelector("[role=alert]");
  expect(await page.$$eval("[role=alert]", (alerts) => alerts.map(({ textContent }) => textContent))).toEqual([
    "The experiments ended: the worker ended: no memory",
  ]);
  expect(await page.$eval("section:nth-of-type(2) button", ({ textContent }) => textContent)).not.toBe("Pause");
  expect(await page.$eval("section:nth-of-type(1)", ({ ariaBusy }) => ariaBusy)).toBe("false");
});

test("the sentences beside the charts are what the record says", () => {
  const part = (cell: CellName, scale: number, steps: number) =>
    reached(gradient, gradientAt(gradient, cell, scale, steps)) ?? Number.POSITIVE_INFINITY;
  const left = (cell: CellName) => Math.round(100 * part(cell, 1, 100) ** (1 / 99));
  expect([left("RNN (relu)"), left("RNN (tanh)")]).toEqual([40, 55]);
  expect([left("LSTM"), left("GRU")].every((percent) => Math.abs(percent - 64) <= 1)).toBe(true);
  expect([part("LSTM, forget bias 1", 1, 100) < 1e-6, part("LSTM, forget bias 3", 1, 100) > 1]).toEqual([true, true]);
  const cells = ["RNN (tanh)", "RNN (relu)", "GRU", "LSTM"] as const;
  expect(cells.map((cell) => part(cell, 4, 100) > 1)).toEqual([true, true, false, false]);
  expect(cells.every((cell) => part(cell, 8, 100) > 1e3)).toBe(true);

  const { lags, "early marks": early } = adding;
  const solved = (runs: typeof lags) => runs.filter((run) => run.solved).length;
  const longest = (cell: CellName) =>
    Math.max(...settings.adding.lags.steps.filter((steps) => solved(select(lags, cell, steps)) >= 2));
  expect([...cells, "LSTM, forget bias 1" as const].map(longest)).toEqual([5, 30, 200, 60, 100]);
  expect([solved(select(lags, "LSTM", 100)), solved(select(lags, "GRU", 400))]).toEqual([1, 0]);
  expect((["GRU", "LSTM", "LSTM, forget bias 3"] as const).map((cell) => solved(select(early, cell, 30)))).toEqual([
    0, 0, 3,
  ]);
  for (const { input, solved } of lags.filter(({ steps, solved }) => steps >= 60 && solved)) {
    expect([solved, input[1] / input[0] > 100]).toEqual([true, true]);
  }
  for (const { input, solved } of select(lags, "RNN (tanh)", 10))
    expect([solved, input[1] > input[0]]).toEqual([false, true]);
});
