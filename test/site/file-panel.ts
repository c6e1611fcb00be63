/** The panel that opens a visitor's file, as a visitor works it, and files to give it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Tensor } from "lstm-wasm";
import type { ElementHandle, Page } from "puppeteer-core";
import { afterAll, beforeAll } from "vitest";
import { root } from "../../scripts/run.mjs";
import { Site, type Visit, type Visitor } from "./site.js";

export type Dict = Readonly<Record<string, Tensor>>;

/** For all tests of a file: the site, and how a visitor opens the panel. */
export function useFilePanel() {
  let site: Site;
  const folders = new Folders();
  beforeAll(async () => {
    site = await Site.open();
  }, 300_000);
  afterAll(async () => {
    await site?.close();
    folders.remove();
  });
  return { folders, open: (visitor?: Visitor) => FilePanel.open(site, folders, visitor) };
}

/** Where the files lie that the panel is given, and where those go that it saves. */
class Folders {
  readonly given = mkdtempSync(join(tmpdir(), "site-file-"));
  readonly inbox = mkdtempSync(join(tmpdir(), "site-file-saved-"));

  remove(): void {
    for (const made of [this.given, this.inbox]) rmSync(made, { recursive: true, force: true });
  }
}

export class FilePanel {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly ready: () => Promise<void>;

  readonly #folders: Folders;

  private constructor({ page, complaints, ready }: Visit, folders: Folders) {
    [this.page, this.complaints, this.ready, this.#folders] = [page, complaints, ready, folders];
  }

  static async open(site: Site, folders: Folders, visitor?: Visitor): Promise<FilePanel> {
    const panel = new FilePanel(await site.visit("file", visitor), folders);
    const browser = await panel.page.browser().target().createCDPSession();
    const { id: browserContextId } = panel.page.browserContext();
    const behavior = { behavior: "allow", downloadPath: folders.inbox } as const;
    await browser.send("Browser.setDownloadBehavior", { ...behavior, ...(browserContextId && { browserContextId }) });
    return panel;
  }

  /** Chooses files, and waits until the panel has read them and, if it can, has run the first layer. */
  async choose(...files: readonly GivenFile[]): Promise<void> {
    const paths = files.map(({ name, bytes }) => {
      const path = join(this.#folders.given, name);
      writeFileSync(path, bytes);
      return path;
    });
    const input = (await this.page.$(".drop-zone input[type=file]")) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(...paths);
    await this.settled();
  }

  async settled(): Promise<void> {
    await this.page.waitForFunction(() => document.querySelector("main [aria-busy=true]") === null);
  }

  texts(selector: string): Promise<string[]> {
    return this.page.$$eval(selector, (found) => found.map(({ textContent }) => textContent ?? ""));
  }

  alerts(): Promise<string[]> {
    return this.texts("[role=alert]");
  }

  /** The cells of the table of layers, row by row. */
  rows(): Promise<string[][]> {
    return this.page.$$eval(".file-result tbody tr", (rows) =>
      rows.map((row) => [...row.children].map(({ textContent }) => textContent ?? "")),
    );
  }

  async click(label: string): Promise<void> {
    await this.page.locator(`main button ::-p-text(${label})`).click();
  }

  /** Sets a control that is so labelled to a value, as a visitor's input does. */
  async set(label: string, value: string): Promise<void> {
    await this.page.evaluate(
      (label, value) => {
        const found = [...document.querySelectorAll("main label")].find(({ textContent }) => textContent === label);
        const control = (found as HTMLLabelElement).control as HTMLInputElement | HTMLSelectElement;
        control.value = value;
        control.dispatchEvent(new Event("input", { bubbles: true }));
        control.dispatchEvent(new Event("change", { bubbles: true }));
      },
      label,
      value,
    );
    await this.settled();
  }

  /** What a button hands to the browser's downloads. */
  async save(label: string): Promise<GivenFile> {
    const { inbox } = this.#folders;
    for (const file of readdirSync(inbox)) rmSync(join(inbox, file));
    await this.click(label);
    for (let tries = 0; tries < 500; tries++) {
      const name = readdirSync(inbox).find((name) => /\.(safetensors|onnx)$/.test(name));
      const bytes = new Uint8Array(name === undefined ? [] : readFileSync(join(inbox, name)));
      // Chromium reserves the name by an empty file, then puts the whole one in its place.
      if (name !== undefined && bytes.length > 0) return { name, bytes };
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error("nothing was saved");
  }
}

export interface GivenFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export const fixture = (path: string): GivenFile => ({
  name: basename(path),
  bytes: new Uint8Array(readFileSync(join(root, path))),
});
export const jsonFile = (name: string, value: unknown): GivenFile => ({
  name,
  bytes: new TextEncoder().encode(JSON.stringify(value)),
});
export const halved = ({ name, bytes }: GivenFile): GivenFile => ({ name, bytes: bytes.slice(0, bytes.length / 2) });

export const SAMPLE = fixture("examples/audio/data/amplifier.safetensors");
export const amplifier = jsonFile("amplifier.nam", {
  architecture: "LSTM",
  config: { input_size: 1, hidden_size: 2, num_layers: 1 },
  weights: Array.from({ length: 39 }, (_, index) => Math.sin(index)),
  sample_rate: 48000,
});
const { modelJson, weights } = JSON.parse(readFileSync(join(root, "test/fixtures/keras/tfjs.json"), "utf8")).words;
export const tfjs = jsonFile("model.json", modelJson);
export const shard = {
  name: modelJson.weightsManifest[0].paths[0],
  bytes: new Uint8Array(Buffer.from(weights, "base64")),
};

/** Parameters without what stands before their names. */
export function under(prefix: string, dict: Dict): Dict {
  const own = Object.entries(dict).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** Names, shapes and bits. */
export const bitsOf = (dict: Dict): Record<string, [number[], number[]]> =>
  Object.fromEntries(
    Object.entries(dict).map(([name, { data, shape }]) => [
      name,
      [[...shape], [...new Uint32Array(data.slice().buffer)]],
    ]),
  );
