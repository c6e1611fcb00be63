import { type Browser, launch } from "puppeteer-core";
import { chromium } from "../../scripts/chromium.mjs";
import type { Offline } from "./offline.js";

export interface Rendered {
  readonly output: Float32Array;
  readonly share: number | undefined;
}

/** A Chromium without a window. */
export async function openChromium(): Promise<Browser> {
  // Without a sandbox, because test machines run as root, where Chromium's does not work; it opens our own page only.
  return launch({ executablePath: chromium(), args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
}

/** Sends sound through the worklet of a site, in a browser. */
export async function renderIn(
  browser: Browser,
  url: string,
  sound: Float32Array,
  measured = false,
): Promise<Rendered> {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    await page.addScriptTag({ url: "/offline.js", type: "module" });
    const { bits, share } = await page.evaluate(
      (given, measured) => (globalThis as unknown as Offline).renderBits(given, measured),
      bitsOf(sound),
      measured,
    );
    return { output: new Float32Array(Uint32Array.from(bits).buffer), share };
  } finally {
    await page.close();
  }
}

/** The bits of float32 values, as numbers. */
export const bitsOf = (values: Float32Array): number[] => [
  ...new Uint32Array(values.buffer, values.byteOffset, values.length),
];
