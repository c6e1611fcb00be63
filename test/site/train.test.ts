/** The lessons of the panel "Train", driven as a visitor would. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load, save } from "lstm-wasm/safetensors";
import type { ElementHandle, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { violations } from "./axe.js";
import { longTasks } from "./long-tasks.js";
import { Site, type Visit } from "./site.js";

let site: Site;
const folder = mkdtempSync(join(tmpdir(), "train-"));
beforeAll(async () => {
  site = await Site.open();
}, 300_000);
afterAll(async () => {
  await site?.close();
  rmSync(folder, { recursive: true });
});

/** A lesson, as a visitor uses it. */
class Lesson {
  readonly page: Page;
  readonly visit: Visit;

  private constructor(visit: Visit) {
    this.page = visit.page;
    this.visit = visit;
  }

  static async open(name: string): Promise<Lesson> {
    const visit = await site.visit(`train/${name}`);
    const { page } = visit;
    const browser = await page.createCDPSession();
    const { id: browserContextId } = page.browserContext();
    await browser.send("Browser.setDownloadBehavior", {
      behavior: "allow",
      downloadPath: folder,
      ...(browserContextId && { browserContextId }),
    });
    await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    return new Lesson(visit);
  }

  text(selector: string): Promise<string> {
    return this.page.$eval(selector, ({ textContent }) => textContent ?? "");
  }

  /** Waits until the text of an element fits, and returns it. */
  async until(selector: string, pattern: RegExp): Promise<string> {
    const matches = (selector: string, source: string) =>
      new RegExp(source, "u").test(document.querySelector(selector)?.textContent ?? "");
    await this.page.waitForFunction(matches, { timeout: 60_000 }, selector, pattern.source);
    return this.text(selector);
  }

  async click(label: string): Promise<void> {
    await this.page.locator(`main button ::-p-text(${label})`).click();
  }

  /** Trains to the run's last step. */
  async train(label = "Train"): Promise<void> {
    await this.click(label);
    await this.until("button.primary", /Pause/);
    await this.until("button.primary", /Go on/);
  }

  async number(name: "step" | "samples" | "rate" | "loss"): Promise<number> {
    return Number((await this.text(`[data-number=${name}]`)).replace(",", ""));
  }

  /** The first and the last loss of the curve, as its text alternative says them. */
  async losses(): Promise<[first: number, last: number]> {
    expect(await this.page.$$eval(".train-run .chart canvas", (canvases) => canvases.length)).toBe(1); // it is drawn
    const label = await this.page.$eval(".train-run .chart", ({ ariaLabel }) => ariaLabel ?? "");
    const [, first, last] = /From ([\d.]+) to ([\d.]+)/.exec(label) ?? [];
    return [Number(first), Number(last)];
  }

  /** The bytes of the model, as the visitor downloads it. */
  async download(): Promise<Uint8Array> {
    for (const file of readdirSync(folder)) rmSync(join(folder, file));
    await this.click("Download");
    for (let tries = 0; tries < 500; tries++) {
      const file = readdirSync(folder).find((name) => name.endsWith(".safetensors"));
      if (file !== undefined) return new Uint8Array(readFileSync(join(folder, file)));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error("nothing was downloaded");
  }

  /** Chooses a file in the dialog that a button opens. */
  async choose(label: string, name: string, content: Uint8Array | string): Promise<void> {
    const path = join(folder, name);
    writeFileSync(path, content);
    const input = (await this.page.$(`input[type=file][aria-label^="${label}"]`)) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(path);
  }

  /** Draws with the mouse: points from 0 to 1 in the pad that is so labelled. */
  async draw(pad: string, points: readonly (readonly [x: number, y: number])[], lift = true): Promise<void> {
    const canvas = await this.page.waitForSelector(`[role=img][aria-label="${pad}"] canvas`);
    await canvas?.scrollIntoView();
    const box = await canvas?.boundingBox();
    if (box == null) throw new Error(`there is no ${pad}`);
    for (const [index, [x, y]] of points.entries()) {
      await this.page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: index === 0 ? 1 : 8 });
      if (index === 0) await this.page.mouse.down();
    }
    if (lift) await this.page.mouse.up();
  }

  shares(): Promise<string[]> {
    return this.page.$$eval(".train-share", (shares) => shares.map(({ textContent }) => textContent ?? ""));
  }
}

const ZIGZAG = [0.1, 0.3, 0.5, 0.7, 0.9].map((x, i) => [x, i % 2 === 0 ? 0.7 : 0.3] as const);
const TICK = [[0.2, 0.5] as const, [0.4, 0.75] as const, [0.85, 0.2] as const];
const CIRCLE = Array.from({ length: 21 }, (_, i) => {
  const angle = (2 * Math.PI * i) / 20 - Math.PI / 2;
  return [0.5 + 0.3 * Math.cos(angle), 0.5 + 0.3 * Math.sin(angle)] as const;
});
const TRY = "Square to draw a stroke that the model classifies";
const MODEL = "Open a model";

describe("gestures", { timeout: 120_000 }, () => {
  test("learns sample strokes, classifies what is drawn, and is the same after a download and a load", async () => {
    const lesson = await Lesson.open("gestures");
    await lesson.click("Use sample strokes");
    expect(await longTasks(lesson.page, () => lesson.train())).toEqual([]);
    expect(await lesson.number("step")).toBe(200);
    expect(await lesson.number("samples")).toBe(2400);
    expect(await lesson.number("rate")).toBeGreaterThan(0);
    const [first, last] = await lesson.losses();
    expect(last).toBeLessThan(first / 4);
    expect(await lesson.text(".train-note")).toBe("It takes 18 of your 18 strokes for what they are.");

    for (const [points, name] of [
      [CIRCLE, "Circle"],
      [TICK, "Tick"],
      [ZIGZAG, "Zigzag"],
    ] as const) {
      await lesson.draw(TRY, points, false);
      await lesson.until("#gesture-result", new RegExp(name)); // before the pen is lifted
      await lesson.page.mouse.up();
      expect(await lesson.until("[role=status]", new RegExp(name))).toMatch(/\d percent/);
    }
    const shares = await lesson.shares();
    const bytes = await lesson.download();
    expect(load(bytes)["lstm.weight_ih_l0"]?.shape).toEqual([256, 2]);
    expect(lesson.visit.complaints).toEqual([]);

    const other = await Lesson.open("gestures");
    await other.choose(MODEL, "model.safetensors", bytes);
    await other.until("[data-number=step]", /200/);
    await other.draw(TRY, ZIGZAG);
    await other.until("[role=status]", /Zigzag/);
    expect(await other.shares()).toEqual(shares);
    expect(await other.download()).toEqual(bytes);
    for (const shape of ["Tick", "Circle"]) {
      await other.page.$$eval(
        ".card button",
        (buttons, shape) => buttons.find(({ textContent }) => textContent === shape)?.click(),
        shape,
      );
      await other.until("[role=status]", new RegExp(shape));
    }
    expect(other.visit.complaints).toEqual([]);
  });

  test("trains on what the visitor draws", async () => {
    const lesson = await Lesson.open("gestures");
    const enabled = () => lesson.page.$eval("button.primary", (button) => !(button as HTMLButtonElement).disabled);
    await lesson.draw("Square to draw strokes of class 1", TICK);
    expect(await enabled()).toBe(false);
    await lesson.draw("Square to draw strokes of class 2", ZIGZAG);
    await lesson.until("main", /1 stroke.*1 stroke.*0 strokes/);
    expect(await enabled()).toBe(true);
    const empty = () => lesson.page.$$eval(".chart-empty:not([hidden])", (all) => all.map((text) => text.textContent));
    expect(await empty()).toEqual(["No training yet."]);
    await lesson.train();
    expect(await empty()).toEqual([]);
    const steps = await lesson.text("[data-number=step]"); // it stopped where it says that it does
    expect(await lesson.text(".train-run")).toContain(`stops by itself after ${steps} steps`);
    expect(await lesson.text(".train-note")).toBe("It takes 2 of your 2 strokes for what they are.");
    await lesson.draw(TRY, TICK);
    await lesson.until("[role=status]", /^Circle, 100 percent/); // the name of class 1
    expect(lesson.visit.complaints).toEqual([]);
  });

  test("pauses, goes on, keeps on in another language, and is reset", async () => {
    const lesson = await Lesson.open("gestures");
    await lesson.click("Use sample strokes");
    await lesson.click("Train");
    await lesson.until("[data-number=step]", /[1-9]/);
    await lesson.click("Pause");
    await lesson.until("button.primary", /Go on/);
    const paused = await lesson.number("step");
    expect(paused).toBeLessThan(200);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await lesson.number("step")).toBe(paused);

    await lesson.click("Go on");
    await lesson.until("button.primary", /Pause/);
    await lesson.page.select("#language", "zh");
    await lesson.visit.ready();
    await lesson.until("button.primary", /继续/);
    expect(await lesson.number("step")).toBe(200);
    expect(await lesson.text(".train-note")).toBe("18 笔里，它认对了 18 笔。");
    await lesson.click("重置");
    await lesson.until("button.primary", /开始训练/);
    expect(await lesson.number("step")).toBe(0);
    expect(lesson.visit.complaints).toEqual([]);
  });

  test("says what is wrong with a file", async () => {
    const lesson = await Lesson.open("gestures");
    const alert = ".train-run [role=alert]";
    await lesson.choose(MODEL, "noise.safetensors", new Uint8Array(64).fill(7));
    await lesson.until(alert, /^This file cannot be opened: Not a valid safetensors file/);
    await lesson.choose(MODEL, "foreign.safetensors", save({ weight: [1] }, { format: "pt" }));
    await lesson.until(alert, /^This file is not a model of this lesson/);
    const metadata = { lesson: "gestures", step: "1", samples: "1", about: '{"classes":["a","b","c"]}' };
    await lesson.choose(MODEL, "empty.safetensors", save({ weight: [1] }, metadata));
    await lesson.until(alert, /missing: lstm\.weight_ih_l0/);
    await lesson.choose(MODEL, "classes.safetensors", save({ weight: [1] }, { ...metadata, about: "{}" }));
    await lesson.until(alert, /expected the names of three classes/);
    expect(await lesson.text("button.primary")).toBe("Train");
    expect(lesson.visit.complaints).toEqual([]);
  });
});

describe("forecast", { timeout: 120_000 }, () => {
  test("beats the naive forecasts of the airline passengers, and is the same after a download and a load", async () => {
    const lesson = await Lesson.open("forecast");
    expect(await violations(lesson.page)).toEqual([]);
    expect(await longTasks(lesson.page, () => lesson.train())).toEqual([]);
    const error = async (name: string) => Number(await lesson.text(`[data-error=${name}]`));
    expect(await error("last")).toBe(81.77);
    expect(await error("season")).toBe(46.77);
    expect(await error("model")).toBeLessThan(25);
    const [first, last] = await lesson.losses();
    expect(last).toBeLessThan(first / 4);
    expect(await lesson.text("#forecast-verdict")).toMatch(
      /^The model's error is \d+ % of the better naive forecast's/,
    );
    const bytes = await lesson.download();

    await lesson.click("Reset");
    await lesson.until("button.primary", /Train/);
    expect(await lesson.text("[data-error=model]")).toBe("–");
    await lesson.choose(MODEL, "model.safetensors", bytes);
    await lesson.until("[data-number=step]", /300/);
    expect(await lesson.download()).toEqual(bytes);
    await lesson.choose(MODEL, "short.safetensors", bytes.slice(0, 3000));
    await lesson.until(".train-run [role=alert]", /^This file cannot be opened: Not a valid safetensors file/);
    expect(lesson.visit.complaints).toEqual([]);
  });

  test("takes a CSV file of the visitor's own, and says what is wrong with another", async () => {
    const lesson = await Lesson.open("forecast");
    const CSV = "Open a CSV file";
    const alert = ".train-settings [role=alert]";
    await lesson.choose(CSV, "broken.csv", "day,price\n1,2.5\n2,abc\n");
    await lesson.until(alert, /^broken\.csv, row 3: expected a number in the last column, got “abc”\.$/);
    await lesson.choose(CSV, "ragged.csv", "1,2\n3\n");
    await lesson.until(alert, /row 2: expected 2 columns, got 1/);
    await lesson.choose(CSV, "empty.csv", "\n");
    await lesson.until(alert, /has no numbers/);
    await lesson.choose(CSV, "short.csv", "1\n2\n3\n");
    await lesson.until(".train-run [role=alert]", /too little to learn from: 55 are needed, there are 3/);
    expect(await lesson.page.$eval("button.primary", (button) => (button as HTMLButtonElement).disabled)).toBe(true);

    const waves = Array.from({ length: 240 }, (_, t) => `${t};${Math.sin(t / 3).toFixed(4)}`);
    await lesson.choose(CSV, "waves.csv", ["t;y", ...waves].join("\r\n"));
    await lesson.until("main", /waves\.csv: 240 values, from its last column/);
    await lesson.train();
    expect(Number(await lesson.text("[data-error=model]"))).toBeLessThan(0.2);
    expect(lesson.visit.complaints).toEqual([]);
  });
});

describe("text", { timeout: 120_000 }, () => {
  test("writes as it learns, also after a load, and never blocks the page", async () => {
    const lesson = await Lesson.open("text");
    expect(await violations(lesson.page)).toEqual([]);
    let early = "";
    const blocked = await longTasks(lesson.page, async () => {
      await lesson.click("Train");
      early = await lesson.until(".train-written", /\w{2}/);
      await lesson.until("[data-number=step]", /^[4-9]\d|\d{3}/);
      await lesson.click("Pause");
      await lesson.until("button.primary", /Go on/);
    });
    expect(blocked).toEqual([]);
    const written = await lesson.text(".train-written");
    expect(written).not.toBe(early);
    expect(written.length).toBeGreaterThan(60);
    const [first, last] = await lesson.losses();
    expect(last).toBeLessThan(0.8 * first);

    const bytes = await lesson.download();
    const step = await lesson.number("step");
    await lesson.click("Reset");
    await lesson.choose(MODEL, "model.safetensors", bytes);
    await lesson.until("[data-number=step]", new RegExp(`^${step}$`));
    await lesson.until(".train-written", /\w{2}/);
    expect(await lesson.download()).toEqual(bytes);
    expect(lesson.visit.complaints).toEqual([]);
  });

  test("says that a text is too short, and learns a text of the visitor's own", async () => {
    const lesson = await Lesson.open("text");
    await lesson.page.select("main select", "own");
    await lesson.page.type("textarea", "abc");
    await lesson.until(".train-run [role=alert]", /too little to learn from: 96 are needed, there are 3/);
    await lesson.page.$eval("textarea", (area) => {
      area.value = "床前明月光，".repeat(30);
      area.dispatchEvent(new Event("input"));
    });
    await lesson.until("main", /180 characters, 6 different ones/);
    await lesson.click("Train");
    await lesson.until(".train-written", /床前明月光，床前明月光，/);
    expect(lesson.visit.complaints).toEqual([]);
  });
});
