/** The page around the panels, where things go wrong. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Site, withoutWorkers } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await Site.open();
}, 300_000);
afterAll(() => site?.close());

test("a panel whose worker cannot be loaded says so in place of its content", { timeout: 60_000 }, async () => {
  const { page, ready } = await site.visit("cell");
  await withoutWorkers({ page, ready });
  expect(await page.$eval("[role=alert]", ({ textContent }) => textContent)).toBe(
    "This panel could not be shown: the worker ended: its script could not be loaded",
  );
});

test.each(["en", "zh"] as const)(
  "language and theme stand in one row on a phone, in %s",
  { timeout: 60_000 },
  async (language) => {
    const { page } = await site.visit("file", { language, width: 390 });
    const [first, second] = await page.$$eval("#language, #theme", (both) =>
      both.map((control) => control.getBoundingClientRect().top),
    );
    expect(first).toBe(second);
  },
);

test("a change of the language keeps the worker", { timeout: 60_000 }, async () => {
  const { page, ready } = await site.visit("cell");
  const workers = page.workers();
  expect(workers).toHaveLength(1);
  await page.select("#language", "zh");
  await ready();
  expect(page.workers()).toEqual(workers);
});

test("the footer leads to the licences of what the page and its workers are made of", { timeout: 60_000 }, async () => {
  const { page, ready } = await site.visit("cell");
  await ready();
  const address = await page.$eval("footer a", (link) => (link as HTMLAnchorElement).href);
  const text = await (await fetch(address)).text();
  // In the page, in a worker, in a worker at a click, and what the package itself has in it.
  for (const name of ["uplot", "comlink", "papaparse", "onnxruntime-web", "@tensorflow/tfjs-core", "fflate"])
    expect(text).toMatch(new RegExp(`^${name} \\d+[.]\\d+[.]\\d+ \\(`, "m"));
  // tfjs-layers comes without a licence file, and has two licences.
  const [, apache, mit] =
    /text of Apache-2.0 stands here under (.*), and the text of MIT stands here under (.*)\./.exec(text) ?? [];
  for (const title of [apache, mit]) expect(text).toContain(`\n${title}\n---`);
  expect(text).toMatch(/Apache License\s+Version 2\.0, January 2004/);
  expect(text).toContain("Copyright (c) 2026 lstm-wasm contributors");
});
