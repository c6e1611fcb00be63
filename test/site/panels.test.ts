/** What holds for every panel of the built site, in Chromium. A new panel is tested without a change here. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { violations } from "./axe.js";
import { LANGUAGES, panels, Site, THEMES, text } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await Site.open();
}, 300_000);
afterAll(() => site?.close());

test("the navigation names every panel", async () => {
  const { page } = await site.visit("");
  const addresses = await page.$$eval("nav a", (links) => links.map((link) => link.getAttribute("href")));
  expect(addresses.sort()).toEqual(panels.map((name) => `#/${name}`).sort());
});

test("an unknown address shows the first panel", async () => {
  const { page, complaints } = await site.visit("no-such-panel");
  expect(await page.$("nav a:first-child[aria-current=page]")).not.toBeNull();
  expect(complaints).toEqual([]);
});

describe.each(panels)("%s", { timeout: 120_000 }, (panel) => {
  test.each(LANGUAGES.flatMap((language) => THEMES.map((theme) => ({ language, theme }))))(
    "in $language, $theme, at every width",
    async (setting) => {
      const { page, complaints } = await site.visit(panel, setting);
      expect(await page.$("[role=alert]")).toBeNull();
      expect(await page.$eval("html", ({ lang }) => lang)).toBe(setting.language === "zh" ? "zh-Hans" : "en");
      expect(await page.title()).toBe(`${await text(page, "h1")} · lstm-wasm`);
      for (const width of [1280, 390, 360]) {
        await page.setViewport({ width, height: 900 });
        // What draws itself for the new width does so a frame later.
        await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        expect(await violations(page), `${width} pixels wide`).toEqual([]);
      }
      expect(complaints).toEqual([]);
    },
  );

  test("is in Chinese as in English after a switch, and the site remembers it", async () => {
    const { page, complaints, ready } = await site.visit(panel);
    const english = await text(page, "main");
    await page.select("#language", "zh");
    await ready();
    const chinese = await text(page, "main");
    expect(chinese).not.toBe(english);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("language");
    await page.reload();
    await ready();
    expect(await page.$eval("html", ({ lang }) => lang)).toBe("zh-Hans");
    await page.select("#language", "en");
    await ready();
    expect(await text(page, "h1")).toBe(english.slice(0, (await text(page, "h1")).length));
    expect(complaints).toEqual([]);
  });

  test("takes the theme that is chosen, and the site remembers it", async () => {
    const { page, ready } = await site.visit(panel, { theme: "light" });
    const background = () => page.$eval("body", (body) => getComputedStyle(body).backgroundColor);
    const light = await background();
    await page.select("#theme", "dark");
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.reload();
    await ready();
    expect(await background()).toBe(dark);
  });

  const other = panels.find((name) => name !== panel);
  test.skipIf(other === undefined)("has its heading focused when it is opened from within", async () => {
    const { page, ready } = await site.visit(panel);
    for (const name of [other, panel]) {
      const link = `nav a[href="#/${name}"]`;
      await page.click(link);
      await page.waitForSelector(`${link}[aria-current=page]`); // the address changes after the click
      await ready();
    }
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  });

  test("loads at most 200 kB of gzip, without models", async () => {
    const { page, ready } = await site.visit(panel);
    const bodies: Promise<Buffer>[] = [];
    page.on("response", (response) => {
      if (/\.(html|js|css)([?#]|$)/.test(response.url())) bodies.push(response.buffer());
    });
    await page.setCacheEnabled(false);
    await page.reload();
    await ready();
    const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length);
    expect(sizes.length).toBeGreaterThan(2);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(200_000);
  });
});
