/**
 * WebKit as WebKitGTK's MiniBrowser, which needs a display and is driven by WebDriver. Selenium wants Node 22, and the
 * matrix runs in a newer one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { browser as command } from "../../scripts/browsers.mjs";
import type { Browser } from "./browser.js";
import { tool } from "./tools.js";

const PORT = 4555;

export async function openWebKit(patience: number): Promise<Browser> {
  const { Builder } = await tool<Selenium>("selenium-webdriver");
  const [driver, server] = [command("webkit"), command("display")];
  const display = spawn(server, ["-displayfd", "1", "-screen", "0", "1024x768x24"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [number] = await once(display.stdout.setEncoding("utf8"), "data");
  const service = spawn(driver, [`--port=${PORT}`, "--host=127.0.0.1"], {
    env: { ...process.env, DISPLAY: `:${String(number).trim()}` },
    stdio: "ignore",
  });
  const stop = () => ends(service, display);
  try {
    const capabilities = {
      browserName: "MiniBrowser",
      "webkitgtk:browserOptions": { binary: miniBrowser(), args: ["--automation"] },
    };
    await listening();
    const session = await new Builder().usingServer(`http://127.0.0.1:${PORT}`).withCapabilities(capabilities).build();
    return {
      async open(address) {
        await session.get(address);
        const found = () => session.executeScript("return globalThis.result");
        return session.wait(found, patience, `${address} left no result`);
      },
      close: () => session.quit().then(stop),
    };
  } catch (error) {
    stop();
    throw error;
  }
}

/** What is used of selenium-webdriver. */
interface Selenium {
  readonly Builder: new () => {
    usingServer(address: string): InstanceType<Selenium["Builder"]>;
    withCapabilities(capabilities: object): InstanceType<Selenium["Builder"]>;
    build(): Promise<{
      get(address: string): Promise<void>;
      executeScript(script: string): Promise<unknown>;
      wait(condition: () => Promise<unknown>, timeout: number, message: string): Promise<unknown>;
      quit(): Promise<void>;
    }>;
  };
}

/** The browser itself lies among WebKitGTK's libraries: /usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser. */
function miniBrowser(): string {
  const folders = readdirSync("/usr/lib").map((name) => join("/usr/lib", name, "webkit2gtk-4.1/MiniBrowser"));
  const found = folders.find((path) => existsSync(path));
  if (found === undefined) throw new Error("MiniBrowser is not in /usr/lib/*/webkit2gtk-4.1");
  return found;
}

async function listening(): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (
      await fetch(`http://127.0.0.1:${PORT}/status`)
        .then(({ ok }) => ok)
        .catch(() => false)
    )
      return;
    await sleep(100);
  }
  throw new Error("WebKitWebDriver does not answer");
}

function ends(...processes: ChildProcess[]): void {
  for (const process of processes) process.kill();
}
