/** Panel "Reference": every export and every page of the docs, found by address and by search. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/run.mjs";
import { violations } from "./axe.js";
import { Site, text, type Visit, type Visitor } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await Site.open();
}, 300_000);
afterAll(() => site?.close());

const address = (page: Page) => page.evaluate(() => location.hash);
const focused = (page: Page) => page.evaluate(() => document.activeElement?.id);
const documentIs = (page: Page, heading: string) =>
  page.waitForFunction(
    (heading) => document.querySelector("article[aria-busy=false] h2")?.textContent === heading,
    {},
    heading,
  );
/** Whether an element is in sight, and near the top. */
const isAtTop = (page: Page, id: string) =>
  page.waitForFunction((id) => Math.abs(document.getElementById(id)?.getBoundingClientRect().top ?? 1e9) < 40, {}, id);

async function open(at: string, visitor?: Visitor): Promise<Visit> {
  const visit = await site.visit(`reference${at}`, visitor);
  await visit.page.waitForSelector("article[aria-busy=false]");
  return visit;
}

describe("exports", { timeout: 60_000 }, () => {
  test("shows a class with its equations, shapes and errors, and leads to the types it names", async () => {
    const { page, complaints } = await open("/lstm-wasm/LSTM");
    await documentIs(page, "LSTM");
    expect(await text(page, "article")).toContain("i = sigmoid(W_ii x + b_ii + W_hi h + b_hi)");
    const forward = await page.$eval(
      "[id='/reference/lstm-wasm/LSTM/forward']",
      (heading) => heading.parentElement?.textContent,
    );
    expect(forward).toContain("h0, (layers * directions, batch, H_out)");
    expect(forward).toContain("SHAPE_MISMATCH, DTYPE, STATE, OUT_OF_MEMORY, DISPOSED");
    await page.click(
      "[id='/reference/lstm-wasm/LSTM/forward'] ~ .declared a[href='#/reference/lstm-wasm/TensorInput']",
    );
    await documentIs(page, "TensorInput");
    expect(await focused(page)).toBe("/reference/lstm-wasm/TensorInput");
    await page.goBack();
    await documentIs(page, "LSTM");
    expect(complaints).toEqual([]);
  });

  test("begins with the entries, each with its summary, which does not repeat the name", async () => {
    const { page, complaints } = await open("");
    const lines = await page.$$eval("article .items dt", (terms) =>
      terms.map((term) => [term.textContent ?? "", term.nextElementSibling?.textContent ?? ""] as const),
    );
    expect(lines.length).toBeGreaterThan(8);
    for (const [name, summary] of lines) expect(summary, name).toMatch(/^[A-Z](?!.*lstm-wasm[^.]*: )/);
    expect(Object.fromEntries(lines)["lstm-wasm/nn"]).toMatch(/^What stands around an LSTM/);
    expect(complaints).toEqual([]);
  });

  test("lists an entry's exports, and where else they are", async () => {
    const { page, complaints } = await open("/lstm-wasm/nn");
    expect(await text(page, "article")).toContain("lstm-wasm/relaxed/nn, lstm-wasm/slim/nn");
    await page.click("article a[href='#/reference/lstm-wasm/nn/Linear']");
    await documentIs(page, "Linear");
    expect(await text(page, ".contents details[open] [aria-current]")).toBe("Linear");
    expect(complaints).toEqual([]);
  });

  test("a member has an address, which a reload goes back to", async () => {
    const { page, complaints, ready } = await open("/lstm-wasm/LSTM/gradientNorms");
    await isAtTop(page, "/reference/lstm-wasm/LSTM/gradientNorms");
    await page.reload();
    await ready();
    await isAtTop(page, "/reference/lstm-wasm/LSTM/gradientNorms");
    expect(complaints).toEqual([]);
  });

  test("says so where there is nothing at an address", async () => {
    const { page, complaints } = await open("/lstm-wasm/nn/Transformer");
    expect(await text(page, "article [role=alert]")).toContain("lstm-wasm/nn/Transformer");
    expect(complaints).toEqual([]);
  });
});

describe("pages", { timeout: 60_000 }, () => {
  test("shows a page of the docs, and leads within it and to another", async () => {
    const { page, complaints } = await open("/docs/speed");
    await documentIs(page, "Speed, and how it is measured");
    await page.waitForFunction(() => {
      for (const image of document.images) image.loading = "eager";
      return (
        document.images.length > 0 &&
        [...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0)
      );
    });
    await page.evaluate(() => {
      location.hash = "#/reference/README";
    });
    await documentIs(page, "lstm-wasm");
    await page.click("article a[href='#/reference/docs/your-model']");
    await documentIs(page, "Your model");
    await page.click("article a[href^='#/reference/docs/your-model/']");
    await isAtTop(page, (await address(page)).slice(1));
    expect(complaints).toEqual([]);
  });

  test("the Chinese panel says what is in English, and shows the Chinese README first", async () => {
    const { page } = await open("", { language: "zh" });
    expect(await text(page, "main")).toContain("英文");
    const [first] = await page.$$eval(".pages a", (links) => links.map((link) => link.getAttribute("href")));
    const translated = existsSync(join(root, "README.zh-CN.md"));
    expect(first).toBe(translated ? "#/reference/README.zh-CN" : "#/reference/README");
  });
});

describe("the search", { timeout: 60_000 }, () => {
  const options = (page: Page) =>
    page.$$eval("[role=option] strong", (all) => all.map(({ textContent }) => textContent));

  test("finds exports and pages by keyboard, and opens one", async () => {
    const { page, complaints } = await open("");
    await page.focus("[role=combobox]");
    await page.keyboard.type("packed");
    await page.waitForSelector("[role=option]");
    expect((await options(page)).slice(0, 3)).toContain("PackedSequence");
    expect(await text(page, "[role=option] .excerpt")).toMatch(/packed/i);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    const chosen = await text(page, "[role=option][aria-selected=true] strong");
    expect(chosen).toBe((await options(page))[0]);
    expect(await page.$eval("[role=combobox]", (input) => input.getAttribute("aria-activedescendant"))).toBe(
      await page.$eval("[role=option][aria-selected=true]", ({ id }) => id),
    );
    await page.keyboard.press("Enter");
    await documentIs(page, chosen);
    expect(await page.$("[role=listbox]:not([hidden])")).toBeNull();
    expect(complaints).toEqual([]);
  });

  test("finds a section of a page by words of it, and a name by its parts", async () => {
    const { page, complaints } = await open("");
    await page.type("[role=combobox]", "porting stateful loop");
    await page.waitForSelector("[role=option]");
    await page.click("[role=option]");
    await isAtTop(page, "/reference/docs/your-model/porting-a-stateful-loop");
    await page.$eval("[role=combobox]", (input) => (input as HTMLInputElement).select());
    await page.type("[role=combobox]", "entropy logits");
    await page.waitForFunction(
      () => document.querySelector("[role=option] strong")?.textContent === "binaryCrossEntropyWithLogits",
    );
    await page.keyboard.press("Escape");
    expect(await page.$("[role=listbox]:not([hidden])")).toBeNull();
    expect(complaints).toEqual([]);
  });

  test("says so where it finds nothing", async () => {
    const { page, complaints } = await open("", { language: "zh", width: 390 });
    await page.type("[role=combobox]", "qqqqq");
    await page.waitForFunction(() => document.querySelector(".nothing")?.textContent?.includes("qqqqq"));
    expect(complaints).toEqual([]);
  });
});

test.each([
  { at: "/lstm-wasm/LSTM", theme: "light", width: 390 },
  { at: "/lstm-wasm/train", theme: "dark", width: 1280 },
  { at: "/docs/your-model", theme: "dark", width: 390 },
  { at: "/docs/claims", theme: "light", width: 1280 },
] as const)(
  "axe holds nothing serious against $at, and it is as wide as the screen",
  { timeout: 60_000 },
  async ({ at, theme, width }) => {
    const { page, complaints } = await open(at, { theme, width });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  },
);
