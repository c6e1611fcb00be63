/** The page as `npm run site` serves it while one works on it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../scripts/run.mjs";
import { launchBrowser } from "../packaging/browser.js";

let server: ChildProcess;
let browser: Browser;
let address: string;
beforeAll(async () => {
  // The tests' set-up has built the site, and so installed what it needs.
  const line = [join(root, "site/node_modules/vite/bin/vite.js"), "site", "--host", "localhost"];
  server = spawn(process.execPath, line, { cwd: root, env: { ...process.env, NO_COLOR: "1" } });
  let printed = "";
  for await (const text of server.stdout?.setEncoding("utf8") ?? []) {
    printed += text;
    const [, found] = /Local: +(\S+)/.exec(printed) ?? [];
    if (found === undefined) continue;
    address = found;
    break;
  }
  browser = await launchBrowser("chromium");
}, 120_000);
afterAll(async () => {
  await browser?.close();
  if (server.kill()) await once(server, "exit");
});

test("shows the first panel, whose worker loads models", { timeout: 120_000 }, async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(address);
  await page.waitForSelector("main[aria-busy=false]", { timeout: 100_000 });
  expect(await page.$$eval("[role=alert]", (alerts) => alerts.map(({ textContent }) => textContent))).toEqual([]);
  expect(await page.$$("article.run")).toHaveLength(2);
  expect(complaints).toEqual([]);
});
