import { type Browser, launch } from "puppeteer-core";
import { chromium } from "../../scripts/chromium.mjs";
import type * as offline from "./offline.js";

export interface Rendered {
  readonly output: Float32Array;
  readonly share: number | undefined;
}

/** A Chromium without a window. */
export async function openChromium(): Promise<Browser> {
  // Without a sandbox, because test machines run as root, where Chromium's does not work; it opens our own page only.
  return launch({ executablePath: chromium(), args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
}

/** Sends sound through the worklet of a site, in a browser. Samples travel as their bits: JSON knows no -0. */
export async function renderIn(browser: Browser, url: string, sound: Float32Array, measured = false): Promise<Rendered> {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    const { bits, share } = await page.evaluate(
      async (given, measured) => {
        const path = "/offline.js"; // not for TypeScript to find
        const { render }: typeof offline = await import(path);
        const { output, share } = await render(new Float32Array(Uint32Array.from(given).buffer), measured);
        return { bits: [...new Uint32Array(output.buffer, output.byteOffset, output.length)], share };
      },
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
