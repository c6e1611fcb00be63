import type { Browser as PuppeteerBrowser } from "puppeteer-core";
import { browser as command } from "../../scripts/browsers.mjs";

export type BrowserName = "chromium" | "firefox" | "webkit";

export interface Browser {
  /** Opens a page and waits for what it leaves in `globalThis.result`. */
  open(address: string): Promise<unknown>;
  close(): Promise<void>;
}

/** How long a page may take; most take half a second, the benchmark some minutes. */
const PATIENCE = 600_000;

/** Starts a browser without a window, installed first if need be. */
export function openBrowser(name: BrowserName): Promise<Browser> {
  return name === "webkit"
    ? import("./webkit.js").then(({ openWebKit }) => openWebKit(PATIENCE))
    : openWithPuppeteer(name);
}

/** Chromium or Firefox, to be driven by puppeteer; `flags` are more arguments of its command line. */
export async function launchBrowser(
  name: "chromium" | "firefox",
  flags: readonly string[] = [],
): Promise<PuppeteerBrowser> {
  const { launch } = await import("puppeteer-core");
  return launch({
    browser: name === "firefox" ? "firefox" : "chrome",
    executablePath: command(name),
    headless: true,
    timeout: PATIENCE, // Firefox's first start on a busy machine
    // root may not start Chromium with its sandbox; the pages are our own.
    args: [...(name === "firefox" ? [] : ["--no-sandbox"]), ...flags],
  });
}

async function openWithPuppeteer(name: "chromium" | "firefox"): Promise<Browser> {
  const browser = await launchBrowser(name);
  return {
    async open(address) {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => complaints.push(message.text()));
      try {
        await page.goto(address);
        const found = await page.waitForFunction("globalThis.result", { timeout: PATIENCE });
        return await found.jsonValue();
      } catch (cause) {
        throw new Error(`${address} left no result (${complaints.join("; ") || cause})`, { cause });
      } finally {
        await page.close();
      }
    },
    close: () => browser.close(),
  };
}
