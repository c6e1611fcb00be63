import { readFileSync } from "node:fs";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Amplifier } from "./amplifier.js";
import { bitsOf, openChromium, renderIn } from "./browser.js";
import { type Site, serve } from "./server.js";
import { improvise } from "./strings.js";
import { MODEL } from "./train.js";

let site: Site;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([serve(0), openChromium()]);
}, 300_000);
afterAll(async () => {
  await browser?.close();
  site?.close();
});

describe("the worklet in Chromium", { timeout: 60_000 }, () => {
  it("gives the bits of Node, sample by sample", async () => {
    const sound = improvise(1.5, 11);
    const expected = new Float32Array(sound.length);
    new Amplifier(readFileSync(MODEL)).process(sound, expected);
    // An audio thread may flush subnormal numbers to zero. Where none goes in or comes out, that must make no difference.
    const subnormal = (x: number): boolean => x !== 0 && Math.abs(x) < 2 ** -126;
    expect([sound.some(subnormal), expected.some(subnormal)]).toEqual([false, false]);

    expect(await renderIn(browser, site.url, sound)).toEqual(bitsOf(expected));
  });

  it("plays on the page, bypasses, shows levels and its share of real time, and stops", async () => {
    const page = await browser.newPage();
    const problems: unknown[] = [];
    page.on("pageerror", (error) => problems.push(error));
    page.on("console", (message) => problems.push(message.text()));
    await page.goto(site.url);
    const text = (id: string) => page.$eval(`#${id}`, ({ textContent }) => textContent ?? "");
    await page.click("#play");
    await page.waitForFunction(() => document.querySelector("#share")?.textContent?.endsWith("%"));
    await page.waitForFunction(() => document.querySelector("#loudspeaker-level")?.textContent?.startsWith("peak"));
    expect([await text("play"), await text("problem")]).toEqual(["Pause", ""]);
    await page.click("#wet");
    await page.click("#play");
    await page.waitForFunction(() => document.querySelector("#play")?.textContent === "Play");
    expect(problems).toEqual([]);
    await page.close();
  });
});
