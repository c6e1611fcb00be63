/** The panel "Benchmark": who takes part, what it tells, and what an address may tell it. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/run.mjs";
import { violations } from "./axe.js";
import { longTasks } from "./long-tasks.js";
import { Site, withoutWorkers } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await Site.open();
}, 300_000);
afterAll(() => site?.close());

const click = (page: Page, text: string) => page.click(`::-p-xpath(//button[text()="${text}"])`);
const buttons = (page: Page) => page.$$eval(".measure button", (all) => all.map(({ textContent }) => textContent));
const waitForButton = (page: Page, text: string) =>
  page.waitForSelector(`::-p-xpath(//button[text()="${text}" and not(@disabled)])`, { timeout: 170_000 });
const texts = (page: Page, selector: string) =>
  page.$$eval(selector, (all) => all.map(({ textContent }) => textContent ?? ""));

/** The cells of each table of a section, in text; the small print after a bar. */
const tables = (page: Page, section: string): Promise<string[][][]> =>
  page.$$eval(`${section} .result table`, (all) =>
    all.map(({ rows }) =>
      [...rows].map(({ cells }) =>
        [...cells].map((cell) =>
          [...cell.childNodes]
            .map(({ textContent }) => textContent)
            .filter(Boolean)
            .join(" | "),
        ),
      ),
    ),
  );

/** Has the page copy into a variable, since a browser without a window has no clipboard. */
const takeCopies = (page: Page) =>
  page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", {
      value: {
        writeText: async (text: string) => {
          document.body.dataset.copied = text;
        },
      },
    });
  });
const copied = (page: Page) => page.$eval("body", ({ dataset }) => dataset.copied ?? "");

test("all contestants agree with ours and are timed; the result goes out as text and as a link", {
  timeout: 180_000,
}, async () => {
  const { page, complaints } = await site.visit("benchmark");
  expect(page.workers()).toEqual([]); // nothing is loaded before it is asked for
  await click(page, "Add onnxruntime-web (14.4 MB)");
  await waitForButton(page, "onnxruntime-web takes part");
  await click(page, "Add TensorFlow.js (1.6 MB)");
  await waitForButton(page, "TensorFlow.js takes part");

  const blocked = await longTasks(page, async () => {
    await click(page, "Measure");
    expect(await buttons(page)).toContain("Cancel");
    expect(await page.$eval(".stage", ({ textContent }) => textContent)).toContain("1 of 3: One step of a stream …");
    await waitForButton(page, "Measure");
  });
  expect(blocked).toEqual([]);
  expect(await texts(page, "[role=alert]")).toEqual([]);
  expect(await violations(page)).toEqual([]);

  const [step, forward, train] = (await tables(page, ".measure")) as [string[][], string[][], string[][]];
  const names = (table: string[][]) => table.slice(1).map(([name = ""]) => name.split(" | ")[0]);
  const sequential = [
    "lstm-wasm",
    "Plain JavaScript",
    "onnxruntime-web",
    "TensorFlow.js (wasm)",
    "TensorFlow.js (cpu)",
  ];
  expect(names(step)).toEqual(sequential);
  expect(names(forward)).toEqual(sequential);
  expect(names(train)).toEqual(["lstm-wasm", "Plain JavaScript", "TensorFlow.js (wasm)"]);
  for (const [name = "", time = "", ratio = "", share = ""] of [step, forward, train].flatMap((rows) =>
    rows.slice(1),
  )) {
    expect(name).toMatch(name.startsWith("lstm-wasm") ? / \| the reference$/ : / \| outputs differ by \de-[67]$/);
    expect(time).toMatch(/^[\d.]+ (µs|ms|s) \| median [\d.]+ (µs|ms|s)$/);
    expect(ratio).toMatch(name.startsWith("lstm-wasm") ? /^×1$/ : /^×[\d.]+$/);
    expect(share).toMatch(/^[\d.]+ % \| [\d.]+ GFLOP\/s$/);
  }
  expect(await texts(page, ".ratios li")).toHaveLength(4);
  const requested = await page
    .workers()[0]
    ?.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  expect(requested?.some((name) => name.endsWith(".wasm"))).toBe(true);
  expect(requested?.filter((name) => !name.startsWith(new URL(page.url()).origin))).toEqual([]);

  await takeCopies(page);
  await click(page, "Copy as text");
  await page.waitForSelector(".told:not(:empty)");
  const text = await copied(page);
  const address = await page.$eval(".result a", ({ href }) => href);
  expect(text).toContain("| step (16, 64)");
  expect(text.trimEnd().endsWith(address)).toBe(true);
  for (const [time, , share] of [step, forward, train].flatMap((rows) => rows.slice(1).map((row) => row.slice(1)))) {
    expect(text).toContain(` ${time?.split(" | ")[0]} |`);
    expect(text).toContain(` ${share?.split(" | ")[0]} |`);
  }
  await click(page, "Copy the link");
  await expect.poll(() => copied(page)).toBe(address);
  expect(complaints).toEqual([]);

  // Another visitor.
  const other = await site.visit(address.split("#/")[1] as string);
  expect(await texts(other.page, ".elsewhere h2")).toEqual(["A result from elsewhere"]);
  expect(await tables(other.page, ".elsewhere")).toEqual([step, forward, train]);
  expect(await texts(other.page, ".measure table")).toEqual([]);
  expect(await violations(other.page)).toEqual([]);
  await click(other.page, "Close it");
  await other.page.waitForSelector(".elsewhere", { hidden: true });
  expect(other.complaints).toEqual([]);
});

test("ends at once when it is cancelled, and can be started again", { timeout: 120_000 }, async () => {
  const { page, complaints } = await site.visit("benchmark");
  await page.select(".measure select", "GRU");
  expect(await texts(page, ".measure p.muted:not([hidden])")).toContain(
    "There is no plain JavaScript for this network: we tuned the LSTM only. Add a library to compare with.",
  );
  await click(page, "Measure");
  await page.waitForSelector(".stage:not([hidden])");
  expect(page.workers()).toHaveLength(1);
  await click(page, "Cancel");
  await waitForButton(page, "Measure");
  // Chromium gives a busy worker two seconds.
  await expect.poll(() => page.workers().length, { timeout: 30_000 }).toBe(0);
  expect(await tables(page, ".measure")).toEqual([]);
  expect(await texts(page, "[role=alert]")).toEqual([]);

  await click(page, "Measure");
  await page.select("#language", "zh"); // it goes on meanwhile
  await page.waitForFunction(() => document.querySelector(".stage")?.textContent?.includes("第 2 项，共 3 项"));
  expect(complaints).toEqual([]);
});

test("a worker that cannot be loaded is told of, by whatever wanted it", { timeout: 60_000 }, async () => {
  const { page, ready } = await site.visit("benchmark");
  await withoutWorkers({ page, ready });
  const why = "the worker ended: its script could not be loaded";
  await click(page, "Measure");
  await page.waitForSelector("[role=alert]");
  expect(await texts(page, "[role=alert]")).toEqual([`It could not be measured: ${why}`]);
  await click(page, "Add TensorFlow.js (1.6 MB)");
  await expect.poll(() => texts(page, "[role=alert]")).toEqual([`TensorFlow.js could not be loaded: ${why}`]);
  expect(await buttons(page)).toEqual(["Add onnxruntime-web (14.4 MB)", "Add TensorFlow.js (1.6 MB)", "Measure"]);
});

test("the buttons tell what the libraries weigh", async () => {
  const files = readdirSync(join(root, "site/dist/assets"));
  const bytes = (mark: RegExp) =>
    files.filter((name) => mark.test(name)).map((name) => statSync(join(root, "site/dist/assets", name)).size);
  const sizes = [bytes(/^(onnxruntime-web-.*\.js|ort-.*\.wasm)$/), bytes(/^(tfjs-.*\.js|tfjs-.*\.wasm)$/)];
  expect(sizes.map(({ length }) => length)).toEqual([2, 2]);
  const { page } = await site.visit("benchmark");
  const told = (await buttons(page)).flatMap((label) => /\((.*) MB\)/.exec(label ?? "")?.[1] ?? []);
  expect(told).toEqual(sizes.map((sizes) => (sizes.reduce((sum, size) => sum + size) / 1e6).toFixed(1)));
});

describe("an address", { timeout: 60_000 }, () => {
  const good = {
    version: "0.1.0",
    versions: { "onnxruntime-web": "1.30.0" },
    ...{ date: "2026-11-27", browser: "Firefox", release: 150, system: "Windows", processors: 8, clock: 1, peak: 50 },
    ...{ cell: "LSTM", size: "64, 128" },
    cases: [
      {
        kind: "step",
        standings: {
          "lstm-wasm": { difference: 0, fastest: 6, median: 6.5 },
          "plain JS": { difference: 3e-7, fastest: 51.6, median: 60 },
          "onnxruntime-web": { difference: 0.25 },
          "tfjs wasm": {},
        },
      },
    ],
  };
  const base64 = (text: string) => Buffer.from(text).toString("base64url");
  const encode = (value: unknown) => base64(JSON.stringify(value));
  const withStep = (standings: object) => ({ ...good, cases: [{ kind: "step", standings }] });

  test("with a result shows it, whatever came of the contestants", async () => {
    const { page, complaints } = await site.visit(`benchmark/${encode(good)}`);
    expect(await tables(page, ".elsewhere")).toEqual([
      [
        ["", "A run takes", "× ours", "Of the peak"],
        ["lstm-wasm | the reference", "6 µs | median 6.5 µs", "×1", "66 % | 32.8 GFLOP/s"],
        ["Plain JavaScript | outputs differ by 3e-7", "51.6 µs | median 60 µs", "×8.6", "7.6 % | 3.81 GFLOP/s"],
        ["onnxruntime-web", "not timed | Its outputs differ by 3e-1."],
        ["TensorFlow.js (wasm)", "not timed | It failed."],
      ],
    ]);
    expect(await texts(page, ".elsewhere p.muted")).toEqual([
      "LSTM (64, 128), lstm-wasm 0.1.0, 2026-11-27, Firefox 150 on Windows, 8 logical processors, the clock’s steps: 1 ms, the peak: 50 GFLOP/s, onnxruntime-web 1.30.0",
    ]);
    expect(complaints).toEqual([]);
  });

  test("tells of a clock that is too coarse", async () => {
    const told = async (clock: number) => {
      const { page } = await site.visit(`benchmark/${encode({ ...good, clock })}`);
      return texts(page, ".elsewhere .result > p:not(.muted)");
    };
    expect(await told(16.67)).toEqual(["This browser’s clock is so coarse that each time may be off by 17 %."]);
    expect(await told(1)).toEqual([]);
  });

  const own = { difference: 0, fastest: 6, median: 6.5 };
  const HTML = "<img src=x onerror=alert(1)>";
  const broken: Readonly<Record<string, string>> = {
    "cut short": encode(good).slice(0, -7),
    "not base64": "%3Cimg%20src=x%20onerror=alert(1)%3E",
    "with more behind it": `${encode(good)}/more`,
    "that is no JSON": base64(HTML),
    "that is null": encode(null),
    "that is too long": base64(JSON.stringify(good) + " ".repeat(4000)),
    "with HTML for a browser": encode({ ...good, browser: HTML }),
    "with HTML for a version": encode({ ...good, version: HTML }),
    "with HTML for a date": encode({ ...good, date: HTML }),
    "with HTML for a contestant": encode(withStep({ "lstm-wasm": own, [HTML]: own })),
    "with HTML for a time": encode(withStep({ "lstm-wasm": { ...own, fastest: HTML } })),
    "with a field too many": encode({ ...good, note: "trust me" }),
    "with a field too few": encode({ ...good, peak: undefined }),
    "without ours": encode(withStep({ "plain JS": own })),
    "with a time below zero": encode(withStep({ "lstm-wasm": { ...own, fastest: -6 } })),
    "with a median below the fastest": encode(withStep({ "lstm-wasm": { ...own, median: 5 } })),
    "that times who differs": encode(withStep({ "lstm-wasm": own, "plain JS": { ...own, difference: 0.1 } })),
    "with a prototype": base64(JSON.stringify(good).replace("{", '{"__proto__":{"peak":1},')),
    "with a case twice": encode({ ...good, cases: [...good.cases, ...good.cases] }),
    "without cases": encode({ ...good, cases: [] }),
  };

  test("with anything else is refused in words", async () => {
    const { page, complaints } = await site.visit("benchmark");
    const go = (text: string) =>
      page.evaluate((hash) => {
        location.hash = hash;
      }, `#/benchmark/${text}`);
    for (const [what, text] of Object.entries(broken)) {
      await go(encode(good));
      await page.waitForSelector(".elsewhere table");
      await go(text);
      await page.waitForSelector(".elsewhere", { hidden: true });
      expect(await texts(page, "[role=alert]"), what).toEqual([
        "The address carries something that is no result of this benchmark: it may be cut short or changed. Nothing of it is shown.",
      ]);
      expect(await page.$$("main img, main table"), what).toEqual([]);
    }
    expect(complaints).toEqual([]);
  });
});
