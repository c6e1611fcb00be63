/** What the tests of the panel "Voice" do with its page, and what they read from it. */
import type { ElementHandle, Page } from "puppeteer-core";
import type { Visit } from "./site.js";

export const text = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, ({ textContent }) => textContent ?? "");
export const texts = (page: Page, selector: string): Promise<string[]> =>
  page.$$eval(selector, (found) => found.map(({ textContent }) => textContent ?? ""));
export const click = (page: Page, label: string) => page.click(`::-p-xpath(//button[text()="${label}"])`);
/** Waits until the panel is in this state. */
export const state = (page: Page, kind: string) => page.waitForSelector(`[data-state=${kind}]`, { timeout: 20_000 });

/** Waits until a figure's text fits. */
export const figure = (page: Page, nth: 1 | 2 | 3 | 4, pattern: string) =>
  page.waitForFunction(
    (selector, pattern) => new RegExp(pattern).test(document.querySelector(selector)?.textContent ?? ""),
    { timeout: 20_000 },
    `.figures .card:nth-child(${nth}) .value`,
    pattern,
  );

/** Opens a file. */
export const choose = async (page: Page, path: string) => {
  const input = (await page.$("input[type=file]")) as ElementHandle<HTMLInputElement>;
  await input.uploadFile(path);
};

/** Notes the tracks that the page gets of the microphone. */
export async function noteTracks({ page, ready }: Visit): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const tracks: MediaStreamTrack[] = [];
    Object.assign(globalThis, { tracks });
    const { mediaDevices } = navigator;
    const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      tracks.push(...stream.getTracks());
      return stream;
    };
  });
  await page.reload();
  await ready();
}

/** What became of them: live or ended. */
export const tracks = (page: Page) =>
  page.evaluate(() =>
    (globalThis as unknown as { tracks: MediaStreamTrack[] }).tracks.map(({ readyState }) => readyState),
  );
