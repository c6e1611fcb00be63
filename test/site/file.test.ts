/** The panel that opens a visitor's file: what it runs, saves, says and refuses. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LayerTrace, LSTM, RNN, Tensor, type Traced } from "lstm-wasm";
import { quantize } from "lstm-wasm/nn";
import { saveNpz } from "lstm-wasm/npy";
import { load as loadOnnx } from "lstm-wasm/onnx";
import { load as loadSafetensors, save as saveSafetensors } from "lstm-wasm/safetensors";
import type { ElementHandle } from "puppeteer-core";
import { describe, expect, test } from "vitest";
import { violations } from "./axe.js";
import {
  amplifier,
  bitsOf,
  fixture,
  type GivenFile,
  halved,
  SAMPLE,
  shard,
  tfjs,
  under,
  useFilePanel,
} from "./file-panel.js";
import { longTasks } from "./long-tasks.js";
import { LANGUAGES, THEMES } from "./site.js";

const { folders, open } = useFilePanel();

const numbers = new LSTM({ inputSize: 3, hiddenSize: 70, numLayers: 2, projSize: 5, seed: 1 }).stateDict();

describe("the panel", { timeout: 120_000 }, () => {
  test("runs the sample on text, noise and CSV as trace does in Node", async () => {
    const panel = await open();
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
    const panel = await open();
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

  test("says of integer weights that they are, and keeps them in what it saves", async () => {
    const panel = await open();
    const lstm = new LSTM({ inputSize: 3, hiddenSize: 4, seed: 1 });
    const bytes = saveSafetensors(quantize(lstm, { weights: "int16" }).stateDict());
    await panel.choose({ name: "small.safetensors", bytes });
    expect(await panel.texts(".remarks li")).toEqual(["The weights are int16 in the file, and here too."]);
    expect((await panel.texts(".heatmap")).length).toBeGreaterThan(2);
    const { weight_ih_l0 } = loadSafetensors((await panel.save("The layer as safetensors")).bytes);
    expect(weight_ih_l0?.quantization?.weights).toBe("int16");
    await panel.choose(fixture("test/fixtures/onnx/quantized-per-channel.onnx"));
    expect(await panel.texts(".remarks li")).toContain("The weights are int8 in the file, and here too.");
    expect(panel.complaints).toEqual([]);
  });

  test("never blocks the page: not with a long CSV, nor while a cell of the heat maps is followed", async () => {
    const panel = await open();
    await panel.choose({ name: "wide.safetensors", bytes: saveSafetensors(numbers) });
    const row = "0.25,-0.5,1\n";
    writeFileSync(join(folders.given, "long.csv"), row.repeat(200_000));
    const opened = await longTasks(panel.page, async () => {
      await panel.set("It reads", "csv");
      const input = (await panel.page.$("input[accept^='.csv']")) as ElementHandle<HTMLInputElement>;
      await input.uploadFile(join(folders.given, "long.csv"));
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
    const panel = await open({ language: "zh" });
    await panel.choose(halved(SAMPLE));
    const [alert] = await panel.texts("[role=alert] p:first-of-type");
    expect(alert).toBe("文件已损坏，或者含有不支持的内容。");
    expect(await panel.texts("[role=alert] [lang=en]")).toEqual([
      expect.stringMatching(/^FILE Not a valid safetensors/),
    ]);
    const misfit = { weight_ih_l0: Tensor.zeros([16, 3]), weight_hh_l0: Tensor.zeros([16, 5]) };
    await panel.choose({ name: "misfit.safetensors", bytes: saveSafetensors(misfit) });
    expect((await panel.alerts()).join()).toMatch(
      /^参数有缺失，或者互不匹配。详情（英文）：STATE_DICT .*weight_hh_l0/s,
    );
    expect(panel.complaints).toEqual([]);
  });

  test.each([1280, 390])("numbers units and steps at the axes of the heat maps, %i pixels wide", async (width) => {
    const panel = await open({ width });
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
    const panel = await open();
    const [chooser] = await Promise.all([panel.page.waitForFileChooser(), panel.click("Choose files")]);
    writeFileSync(join(folders.given, "notes.bin"), "none");
    await chooser.accept([join(folders.given, "notes.bin")]);
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
      const panel = await open(visitor);
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
