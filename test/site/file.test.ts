/** The panel that opens a visitor's file: each kind of file, whole and broken, through a run and out again in other formats. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type LayerTrace, LSTM, RNN, Tensor, type Traced } from "lstm-wasm";
import { load as loadAudio } from "lstm-wasm/audio";
import { load as loadKeras } from "lstm-wasm/keras";
import { loadNpz, saveNpz } from "lstm-wasm/npy";
import { load as loadOnnx } from "lstm-wasm/onnx";
import { load as loadTorch } from "lstm-wasm/pytorch";
import { load as loadSafetensors, save as saveSafetensors } from "lstm-wasm/safetensors";
import type { ElementHandle, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/run.mjs";
import { violations } from "./axe.js";
import { longTasks } from "./long-tasks.js";
import { LANGUAGES, Site, THEMES, type Visitor } from "./site.js";

type Dict = Readonly<Record<string, Tensor>>;

let site: Site;
let folder: string;
let inbox: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "site-file-"));
  inbox = mkdtempSync(join(tmpdir(), "site-file-saved-"));
  site = await Site.open();
}, 300_000);
afterAll(async () => {
  await site?.close();
  for (const made of [folder, inbox]) rmSync(made, { recursive: true, force: true });
});

/** The panel as a visitor works it. */
class Panel {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly ready: () => Promise<void>;

  private constructor({ page, complaints, ready }: Awaited<ReturnType<Site["visit"]>>) {
    [this.page, this.complaints, this.ready] = [page, complaints, ready];
  }

  static async open(visitor?: Visitor): Promise<Panel> {
    const panel = new Panel(await site.visit("file", visitor));
    const browser = await panel.page.browser().target().createCDPSession();
    const { id: browserContextId } = panel.page.browserContext();
    const behavior = { behavior: "allow", downloadPath: inbox } as const;
    await browser.send("Browser.setDownloadBehavior", { ...behavior, ...(browserContextId && { browserContextId }) });
    return panel;
  }

  /** Chooses files, and waits until the panel has read them and, if it can, has run the first layer. */
  async choose(...files: readonly GivenFile[]): Promise<void> {
    const paths = files.map(({ name, bytes }) => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
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

interface GivenFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const fixture = (path: string): GivenFile => ({
  name: basename(path),
  bytes: new Uint8Array(readFileSync(join(root, path))),
});
const jsonFile = (name: string, value: unknown): GivenFile => ({
  name,
  bytes: new TextEncoder().encode(JSON.stringify(value)),
});
const halved = ({ name, bytes }: GivenFile): GivenFile => ({ name, bytes: bytes.slice(0, bytes.length / 2) });

const SAMPLE = fixture("examples/audio/data/amplifier.safetensors");
const amplifier = jsonFile("amplifier.nam", {
  architecture: "LSTM",
  config: { input_size: 1, hidden_size: 2, num_layers: 1 },
  weights: Array.from({ length: 39 }, (_, index) => Math.sin(index)),
  sample_rate: 48000,
});
const { modelJson, weights } = JSON.parse(readFileSync(join(root, "test/fixtures/keras/tfjs.json"), "utf8")).words;
const tfjs = jsonFile("model.json", modelJson);
const shard = { name: modelJson.weightsManifest[0].paths[0], bytes: new Uint8Array(Buffer.from(weights, "base64")) };

/** Parameters without what stands before their names. */
function under(prefix: string, dict: Dict): Dict {
  const own = Object.entries(dict).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** What the page says of a fault before the package's own words, by the fault's code. */
const FAULTS: Readonly<Record<string, string>> = {
  FILE: "The file is damaged, or holds what is not supported.",
};

const numbers = new LSTM({ inputSize: 3, hiddenSize: 70, numLayers: 2, projSize: 5, seed: 1 }).stateDict();

/** A good and a broken file of each kind. `read` is the reader in Node: the dict of the first layer, or what it throws. */
const KINDS: readonly {
  kind: string;
  good: readonly GivenFile[];
  broken: readonly GivenFile[];
  layers: readonly (readonly string[])[];
  read: (files: readonly Uint8Array[]) => Dict | Promise<Dict>;
  /** Where the page says something in its own words. */
  words?: string;
}[] = [
  {
    kind: "safetensors",
    good: [SAMPLE],
    broken: [halved(SAMPLE)],
    layers: [["lstm", "LSTM", "1", "40", "1", "–", "6,880"]],
    read: ([bytes]) => under("lstm.", loadSafetensors(bytes as Uint8Array)),
  },
  {
    kind: "PyTorch",
    good: [fixture("test/fixtures/pytorch/float32.pt")],
    broken: [halved(fixture("test/fixtures/pytorch/float32.pt"))],
    layers: [["(no name)", "LSTM", "3", "4", "2", "bidirectional", "736"]],
    read: ([bytes]) => loadTorch(bytes as Uint8Array),
  },
  {
    kind: "ONNX",
    good: [fixture("test/fixtures/onnx/torch-GRU-2-both.onnx")],
    broken: [fixture("test/fixtures/onnx/refused-peepholes.onnx")],
    layers: [["/rnn/GRU", "GRU", "3", "4", "2", "bidirectional", "552"]],
    read: ([bytes]) => (loadOnnx(bytes as Uint8Array).layers[0] as { stateDict: Dict }).stateDict,
  },
  {
    kind: "ONNX with a file of tensors",
    good: [fixture("test/fixtures/onnx/external.onnx"), fixture("test/fixtures/onnx/external.onnx.data")],
    broken: [fixture("test/fixtures/onnx/external.onnx")],
    layers: [["node_lstm__2", "LSTM", "8", "16", "1", "bidirectional", "3,328"]],
    read: ([bytes, data]) => {
      const externalData = data && { "external.onnx.data": data };
      return (loadOnnx(bytes as Uint8Array, { externalData }).layers[0] as { stateDict: Dict }).stateDict;
    },
    words: "Choose the .onnx file together with the files of its tensors (.data).",
  },
  {
    kind: ".h5",
    good: [fixture("test/fixtures/keras/stacked.h5")],
    broken: [halved(fixture("test/fixtures/keras/stacked.h5"))],
    layers: [
      ["lstm_2", "LSTM", "3", "5", "1", "batch first", "200"],
      ["lstm_3", "LSTM", "5", "4", "1", "from the end, batch first", "176"],
    ],
    read: async ([bytes]) => ((await loadKeras(bytes as Uint8Array)).layers[0] as { stateDict: Dict }).stateDict,
  },
  {
    kind: ".keras",
    good: [fixture("test/fixtures/keras/gru.keras")],
    broken: [fixture("test/fixtures/keras/hard.keras")],
    layers: [["gru_2", "GRU", "3", "5", "1", "from the end, batch first", "150"]],
    read: async ([bytes]) => ((await loadKeras(bytes as Uint8Array)).layers[0] as { stateDict: Dict }).stateDict,
  },
  {
    kind: "TensorFlow.js",
    good: [shard, tfjs],
    broken: [{ name: shard.name, bytes: shard.bytes.slice(0, 40) }, tfjs],
    layers: [
      ["bidirectional_Bidirectional1", "LSTM", "4", "3", "1", "bidirectional, batch first", "216"],
      ["bidirectional_Bidirectional2", "RNN", "3", "3", "1", "bidirectional, batch first", "48"],
    ],
    read: async ([weights, modelJson]) => {
      const model = { modelJson: new TextDecoder().decode(modelJson), weights: weights as Uint8Array };
      return ((await loadKeras(model)).layers[0] as { stateDict: Dict }).stateDict;
    },
  },
  {
    kind: ".npz",
    good: [{ name: "arrays.npz", bytes: await saveNpz(numbers) }],
    broken: [halved({ name: "arrays.npz", bytes: await saveNpz(numbers) })],
    layers: [["(no name)", "LSTM", "3", "70", "2", "projection to 5", "6,860"]],
    read: async ([bytes]) => loadNpz(bytes as Uint8Array),
  },
  {
    kind: "amplifier",
    good: [amplifier],
    broken: [jsonFile("amplifier.nam", { architecture: "WaveNet", config: {}, weights: [] })],
    layers: [["lstm", "LSTM", "1", "2", "1", "–", "40"]],
    read: ([bytes]) => {
      const [layer] = loadAudio(new TextDecoder().decode(bytes)).layers;
      return (layer as { stateDict: Dict }).stateDict;
    },
  },
];

const bitsOf = (dict: Dict): Record<string, [number[], number[]]> =>
  Object.fromEntries(
    Object.entries(dict).map(([name, { data, shape }]) => [
      name,
      [[...shape], [...new Uint32Array(data.slice().buffer)]],
    ]),
  );

describe("each kind of file", { timeout: 120_000 }, () => {
  let panel: Panel;
  beforeAll(async () => {
    panel = await Panel.open();
  });

  test.each(KINDS)(
    "$kind: a good one is run and saved, a broken one told",
    async ({ good, broken, layers, read, words }) => {
      const expected = await read(good.map(({ bytes }) => bytes));
      await panel.choose(...good);
      expect(await panel.alerts()).toEqual([]);
      expect(await panel.rows()).toEqual(layers);
      expect((await panel.texts(".heatmap")).length).toBeGreaterThan(2);

      const saved = await panel.save("The layer as safetensors");
      expect(bitsOf(loadSafetensors(saved.bytes))).toEqual(bitsOf(expected));

      let reason: unknown;
      try {
        await read(broken.map(({ bytes }) => bytes));
      } catch (error) {
        reason = error;
      }
      expect(reason).toMatchObject({ name: "LSTMError" });
      const { code, message } = reason as { code: string; message: string };
      await panel.choose(...broken);
      const [alert] = await panel.alerts();
      expect(alert).toContain(`${FAULTS[code]}In detail: ${code} ${message}${words ?? ""}`);
      expect(await panel.texts(".heatmap")).toEqual([]);
      expect(panel.complaints).toEqual([]);
    },
  );
});

describe("the panel", { timeout: 120_000 }, () => {
  test("runs the sample on text, noise and CSV as trace does in Node", async () => {
    const panel = await Panel.open();
    await panel.click("Try a sample");
    await panel.page.waitForSelector(".heatmap");
    await panel.settled();
    const lstm = LSTM.fromStateDict(under("lstm.", loadSafetensors(SAMPLE.bytes)));
    const numbersOf = (input: Tensor): string => {
      const { layer, direction, ...traced } = lstm.trace(input).layers[0] as LayerTrace<Traced>;
      return Object.entries<Tensor>(traced)
        .map(([name, { data }]) => `${name} ${(data[0] as number).toFixed(4)}`)
        .join(", ");
    };
    const shown = async () => (await panel.texts("#file-selected"))[0];
    expect((await panel.texts(".legend"))[0]).toContain("Full colour is ±1, in c ±2.");
    const points = Array.from("long short-term memory", (letter) => [(letter.codePointAt(0) as number) / 128]);
    expect(await shown()).toBe(`Unit 0 at step 0 “l”: ${numbersOf(new Tensor(points))}`);
    await panel.set("Text", "");
    expect(await panel.alerts()).toEqual(["Write some text for the layer to read."]);
    await panel.set("It reads", "noise");
    expect(await shown()).toBe(`Unit 0 at step 0: ${numbersOf(Tensor.randn([48, 1], { seed: 0 }))}`);
    await panel.set("It reads", "csv");
    await panel.set("CSV, one row a step", "level\n0.5\n-0.25\n");
    expect(await shown()).toBe(`Unit 0 at step 0: ${numbersOf(new Tensor([[0.5], [-0.25]]))}`);
    await panel.set("CSV, one row a step", "0.5\n".repeat(300));
    expect(await panel.texts("#file-cut:not([hidden])")).toEqual(["The first 256 of 300 steps are run."]);
    await panel.set("CSV, one row a step", "0.5\n".repeat(3));
    expect(await panel.texts("#file-cut:not([hidden])")).toEqual([]);
    await panel.set("CSV, one row a step", "0.5\nloud");
    expect(await panel.alerts()).toEqual(["Row 2, column 1: “loud” is no number."]);
    await panel.set("CSV, one row a step", "1,2");
    expect(await panel.alerts()).toEqual(["Row 1 has 2 values. The layer reads 1 at each step."]);
    lstm.dispose();
    expect(panel.complaints).toEqual([]);
  });

  test("takes a dropped file; what it saves as ONNX it reads again, with equal bits", async () => {
    const panel = await Panel.open();
    const rnn = new RNN({ inputSize: 3, hiddenSize: 4, numLayers: 2, bidirectional: true, seed: 3 });
    const dict = rnn.stateDict();
    await panel.page.evaluate(
      (bytes, name) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
        const target = document.querySelector("main") as HTMLElement;
        for (const type of ["dragover", "drop"])
          target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      },
      [...saveSafetensors(dict)],
      "own.safetensors",
    );
    await panel.page.waitForSelector(".heatmap");
    await panel.settled();
    expect(await panel.rows()).toEqual([["(no name)", "RNN", "3", "4", "2", "bidirectional", "184"]]);
    await panel.set("Nonlinearity", "relu");
    await panel.set("Layer of the stack", "1");
    await panel.set("Direction", "reverse");
    expect(await panel.alerts()).toEqual([]);
    const saved = await panel.save("The layer as ONNX");
    expect(saved.name).toBe("own.onnx");
    const [layer] = loadOnnx(saved.bytes).layers;
    expect(layer).toMatchObject({ kind: "RNN", options: { nonlinearity: "relu" } });
    expect(bitsOf(layer?.stateDict ?? {})).toEqual(bitsOf(dict));
    await panel.choose(saved);
    expect((await panel.rows())[0]?.slice(1, 6)).toEqual(["RNN", "3", "4", "2", "bidirectional, relu"]);
    rnn.dispose();
    expect(panel.complaints).toEqual([]);
  });

  test("never blocks the page: not with a long CSV, nor while a cell of the heat maps is followed", async () => {
    const panel = await Panel.open();
    await panel.choose({ name: "wide.safetensors", bytes: saveSafetensors(numbers) });
    const row = "0.25,-0.5,1\n";
    writeFileSync(join(folder, "long.csv"), row.repeat(200_000));
    const opened = await longTasks(panel.page, async () => {
      await panel.set("It reads", "csv");
      const input = (await panel.page.$("input[accept^='.csv']")) as ElementHandle<HTMLInputElement>;
      await input.uploadFile(join(folder, "long.csv"));
      await panel.page.waitForFunction(() => document.querySelector("#file-cut")?.textContent?.includes("200,000"));
      await panel.settled();
    });
    expect(opened).toEqual([]);
    const followed = await longTasks(panel.page, async () => {
      await panel.page.focus(".heatmap");
      for (let presses = 0; presses < 10; presses++) await panel.page.keyboard.press("ArrowRight");
      await panel.page.keyboard.press("End");
      await panel.page.waitForFunction(() =>
        document.querySelector("#file-selected")?.textContent?.includes("step 255"),
      );
    });
    expect(followed).toEqual([]);
    expect(panel.complaints).toEqual([]);
  });

  test("says in Chinese what kind of fault it is, and the details in the package's words", async () => {
    const panel = await Panel.open({ language: "zh" });
    await panel.choose(halved(SAMPLE));
    const [alert] = await panel.texts("[role=alert] p:first-of-type");
    expect(alert).toBe("文件已损坏，或者含有不支持的内容。");
    expect(await panel.texts("[role=alert] [lang=en]")).toEqual([
      expect.stringMatching(/^FILE Not a valid safetensors/),
    ]);
    const misfit = { weight_ih_l0: Tensor.zeros([16, 3]), weight_hh_l0: Tensor.zeros([16, 5]) };
    await panel.choose({ name: "misfit.safetensors", bytes: saveSafetensors(misfit) });
    expect((await panel.alerts()).join()).toMatch(/weight_hh_l0/);
    expect(panel.complaints).toEqual([]);
  });

  test.each([1280, 390])("numbers units and steps at the axes of the heat maps, %i pixels wide", async (width) => {
    const panel = await Panel.open({ width });
    await panel.choose({ name: "wide.safetensors", bytes: saveSafetensors(numbers) });
    await panel.set("It reads", "noise");
    await panel.set("Steps", "256");
    const axis = (name: "rows" | "columns") => panel.texts(`.card:first-child .heatmap-${name} span`);
    await expect.poll(async () => (await axis("columns")).at(-1)).toMatch(/^2\d\d$/);
    expect((await axis("rows")).slice(0, 3)).toEqual(["0", "2", "4"]);
    expect(await panel.texts(".card:first-child .heatmap > [class$=title]")).toEqual(["unit", "step"]);
    /** Whether two numbers of an axis lie on each other, or one beyond the card. */
    const crowded = await panel.page.$$eval(".card .heatmap", (maps) =>
      maps.some((map) => {
        const card = (map.parentElement as HTMLElement).getBoundingClientRect();
        return [...map.querySelectorAll("div")].some((part) => {
          const boxes = [...part.querySelectorAll("span")].map((tick) => tick.getBoundingClientRect());
          return boxes.some(
            (box, i) =>
              box.right > card.right ||
              box.left < card.left ||
              boxes.slice(i + 1).some(({ left, top }) => left < box.right && top < box.bottom - 1),
          );
        });
      }),
    );
    expect(crowded).toBe(false);
    await panel.set("Units shown", "1");
    await expect.poll(() => axis("rows")).toEqual(["64", "65", "66", "67", "68", "69"]);
    expect(panel.complaints).toEqual([]);
  });

  test("says in its own words what is no model, and opens the dialog by its button", async () => {
    const panel = await Panel.open();
    const [chooser] = await Promise.all([panel.page.waitForFileChooser(), panel.click("Choose files")]);
    writeFileSync(join(folder, "notes.bin"), "none");
    await chooser.accept([join(folder, "notes.bin")]);
    await panel.page.waitForSelector("[role=alert]");
    expect((await panel.alerts())[0]).toMatch(/^notes\.bin cannot be used.*Neither its first bytes nor its name/);
    const told: [GivenFile[], RegExp][] = [
      [[{ name: "empty.pt", bytes: new Uint8Array() }], /The file is empty/],
      [[tfjs], new RegExp(`Its weights lie in ${shard.name}, which is missing`)],
      [[{ name: "a.json", bytes: new TextEncoder().encode("{") }], /It is not valid JSON/],
      [[SAMPLE, amplifier], /are both models/],
      [[{ name: "head.npz", bytes: await saveNpz({ weight: Tensor.zeros([2, 2]) }) }], /no LSTM, GRU or RNN.*weight/],
    ];
    for (const [files, words] of told) {
      await panel.choose(...files);
      expect((await panel.alerts())[0]).toMatch(words);
    }
    expect(panel.complaints).toEqual([]);
  });

  test.each(LANGUAGES.map((language, index) => ({ language, theme: THEMES[index] as (typeof THEMES)[number] })))(
    "axe finds nothing with a file open, in $language, and the file stays when the language changes",
    async (visitor) => {
      const panel = await Panel.open(visitor);
      await panel.choose(fixture("test/fixtures/keras/stacked.h5"));
      for (const width of [1280, 390]) {
        await panel.page.setViewport({ width, height: 900 });
        expect(await panel.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        expect(await violations(panel.page)).toEqual([]);
      }
      const [first] = await panel.texts(".remarks");
      await panel.page.select("#language", visitor.language === "en" ? "zh" : "en");
      await panel.ready();
      await panel.settled();
      expect(await panel.rows()).toHaveLength(2);
      expect((await panel.texts(".remarks"))[0]).not.toBe(first);
      expect((await panel.texts(".heatmap")).length).toBe(6);
      expect(panel.complaints).toEqual([]);
    },
  );
});
