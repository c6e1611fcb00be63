import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, launch } from "puppeteer-core";
import { browser } from "../../scripts/browsers.mjs";
import type { Offline } from "./offline.js";

/** A Chromium without a window. */
export async function openChromium(): Promise<Browser> {
  // Without a sandbox, because test machines run as root, where Chromium's does not work; it opens our own page only.
  return launch({
    executablePath: browser("chromium"),
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
  });
}

/** Sends sound through the worklet of a site, in a browser; returns the bits of what comes out. */
export async function renderIn(browser: Browser, url: string, sound: Float32Array): Promise<number[]> {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    await page.addScriptTag({ url: "/offline.js", type: "module" });
    return await page.evaluate((given) => (globalThis as unknown as Offline).renderBits(given), bitsOf(sound));
  } finally {
    await page.close();
  }
}

/** Presses the page's button and notes the shares of real time that it shows, one every two seconds. */
export async function playIn(browser: Browser, url: string, count: number): Promise<number[]> {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    await page.click("#play");
    const shares: number[] = [];
    for (let i = 0; i <= count; i++) {
      await sleep(2000);
      shares.push(await page.$eval("#share-bar", (bar) => (bar as HTMLProgressElement).value));
    }
    return shares.slice(1); // in the first it was still being compiled
  } finally {
    await page.close();
  }
}

/** The bits of float32 values, as numbers. */
export const bitsOf = (values: Float32Array): number[] => [
  ...new Uint32Array(values.buffer, values.byteOffset, values.length),
];
