/** The built site in Chromium, for its tests. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "puppeteer-core";
import { root } from "../../scripts/run.mjs";
import { launchBrowser } from "../packaging/browser.js";
import { type Server, serve } from "../packaging/serve.js";

/** The panels, by their folders. */
export const panels = readdirSync(join(root, "site/src/panels"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export const LANGUAGES = ["en", "zh"] as const;
export const THEMES = ["light", "dark"] as const;

/** How a visitor's browser is set. */
export interface Visitor {
  readonly language?: (typeof LANGUAGES)[number];
  readonly theme?: (typeof THEMES)[number];
  /** In CSS pixels. */
  readonly width?: number;
}

/** A page of the site, with all that a browser's console would show. */
export interface Visit {
  readonly page: Page;
  /** Errors, warnings, failed requests, requests to other hosts, and what the page's policy refused. */
  readonly complaints: readonly string[];
  /** Waits until the panel shows. */
  ready(): Promise<void>;
}

/** Loads the page again, where no worker's script can be loaded. */
export async function withoutWorkers({ page, ready }: Pick<Visit, "page" | "ready">): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const { Worker } = globalThis;
    globalThis.Worker = class extends Worker {
      constructor(_address: string | URL, options?: WorkerOptions) {
        super("no-such-file.js", options);
      }
    };
  });
  await page.reload();
  await ready();
}

/** The text of the first element that fits. */
export const text = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, ({ textContent }) => textContent ?? "");

export class Site {
  readonly #server: Server;
  readonly #browser: Browser;
  #visitor: BrowserContext | undefined;

  private constructor(server: Server, browser: Browser) {
    this.#server = server;
    this.#browser = browser;
  }

  /** Serves the built site under a sub-path and starts Chromium, with `flags` on its command line. */
  static async open(flags: readonly string[] = []): Promise<Site> {
    const [server, browser] = await Promise.all([serve(join(root, "site")), launchBrowser("chromium", flags)]);
    return new Site(server, browser);
  }

  /** Opens a panel as a new visitor, and waits until it shows. The visit before ends. */
  async visit(panel: string, { language = "en", theme = "light", width = 1280 }: Visitor = {}): Promise<Visit> {
    await this.#visitor?.close();
    this.#visitor = await this.#browser.createBrowserContext(); // with a storage of its own
    const page = await this.#visitor.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) complaints.push(message.text());
    });
    page.on("requestfailed", (request) => complaints.push(`${request.url()} failed: ${request.failure()?.errorText}`));
    page.on("request", (request) => {
      const own = [this.#server.address, "data:", "blob:"].some((start) => request.url().startsWith(start));
      if (!own) complaints.push(`${request.url()} is another host's`);
    });
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    await page.evaluateOnNewDocument(
      (tag) => {
        addEventListener("error", ({ message, error }) => {
          if (!error && message) console.error(message); // those with an error are told as such
        });
        addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
          console.error(`${effectiveDirective} of the page's policy refused ${blockedURI}`),
        );
        Object.defineProperty(navigator, "languages", { value: [tag] });
      },
      language === "zh" ? "zh-CN" : "en-GB",
    );
    await page.goto(`${this.#server.address}/dist/index.html#/${panel}`);
    const ready = async () => {
      await page.waitForSelector("main[aria-busy=false]", { timeout: 60_000 });
    };
    await ready();
    return { page, complaints, ready };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}
