/** Panel "The cell": it shows what `trace` computes, and the visitor steps through it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RNN, StateDict, Tensor } from "lstm-wasm";
import { load } from "lstm-wasm/safetensors";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CELLS, loadModel } from "../../examples/digits/model.js";
import { encode } from "../../examples/digits/task.js";
import { loadPinyin, readModel } from "../../examples/pinyin/model.js";
import { toneMarks } from "../../examples/pinyin/tone-marks.js";
import { root } from "../../scripts/run.mjs";
import { violations } from "./axe.js";
import { longTasks } from "./long-tasks.js";
import { Site } from "./site.js";

let site: Site;
beforeAll(async () => {
  site = await Site.open();
}, 300_000);
afterAll(() => site?.close());

/** Every number of a step that the page shows, as text: by run, then by the value's name. */
type Shown = Record<string, Record<string, string[]>>;

/** Opens the tables of all numbers and reads them. */
function numbers(page: Page): Promise<Shown> {
  return page.evaluate(async () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
    await new Promise((resolve) => setTimeout(resolve)); // toggle events come later
    const runs = [...document.querySelectorAll<HTMLElement>("article.run")].map((article) => {
      const values: Record<string, string[]> = {};
      for (const cell of article.querySelectorAll<HTMLElement>("td[data-name]")) {
        const name = cell.dataset.name as string;
        values[name] ??= [];
        values[name].push(cell.textContent ?? "");
      }
      values.x = article.querySelector(".x span")?.textContent?.split(" ") ?? [];
      return [article.dataset.run as string, values] as const;
    });
    return Object.fromEntries(runs);
  });
}

const press = (page: Page, name: string) => page.click(`[data-go=${name}]`);
const at = (page: Page) => page.$eval("[data-go=step]", (range) => Number((range as HTMLInputElement).value));
const goTo = (page: Page, step: number) =>
  page.$eval(
    "[data-go=step]",
    (range, step) => {
      (range as HTMLInputElement).value = `${step}`;
      range.dispatchEvent(new Event("input"));
    },
    step,
  );
const symbols = (page: Page) => page.$$eval(".symbols .symbol", (all) => all.map(({ textContent }) => textContent));
const stage = (page: Page) =>
  page.$eval(".drawing .stage.now", (group) => (group as SVGGElement).dataset.stage).catch(() => undefined);

/** The float32 values that texts stand for. */
const singles = (texts: readonly string[] | undefined): number[] =>
  (texts ?? []).map((text) => Math.fround(Number(text)));

const rowOf = ({ data, shape }: Tensor, row: number): number[] => {
  const width = shape.at(-1) as number;
  return [...data.subarray(row * width, (row + 1) * width)];
};
const times = (a: readonly number[], b: readonly number[]) =>
  a.map((value, unit) => Math.fround(value * Number(b[unit])));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** weight v + bias, in float64. */
function affine(dict: StateDict, name: string, v: readonly number[]): number[] {
  const [weight, bias] = [dict[`weight_${name}`], dict[`bias_${name}`]] as [Tensor, Tensor];
  return [...bias.data].map((start, row) => rowOf(weight, row).reduce((sum, w, k) => sum + w * Number(v[k]), start));
}

/** The pre-activations shown are those of the weights, in the float32 that is shown. */
function expectSums(shown: readonly string[] | undefined, expected: readonly number[]): void {
  expect(shown).toHaveLength(expected.length);
  for (const [unit, sum] of expected.entries()) {
    expect(Math.abs(Number(shown?.[unit]) - sum)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(sum)));
  }
}

describe("the pinyin model", { timeout: 60_000 }, () => {
  test("shows what trace computes for 我爱中国 in Node, number for number", async () => {
    const { page, complaints } = await site.visit("cell");
    const pinyin = loadPinyin();
    const { input, trace } = pinyin.trace("我爱中国");
    const weights = load(readModel());
    for (let t = 1; t <= 6; t++) {
      await goTo(page, t);
      const all = await numbers(page);
      expect(Object.keys(all)).toEqual(["forward", "reverse"]);
      for (const layer of trace.layers) {
        const shown = all[layer.direction] as Shown[string];
        const forward = layer.direction === "forward";
        const position = forward ? t - 1 : 6 - t;
        const before = forward ? position - 1 : position + 1;
        const zeros = Array<number>(32).fill(0);
        const [h0, c0] = [layer.h, layer.c].map((state) => (t === 1 ? zeros : rowOf(state, before))) as [
          number[],
          number[],
        ];
        const [i, f, g, o, c, h] = [layer.i, layer.f, layer.g, layer.o, layer.c, layer.h].map((values) =>
          rowOf(values, position),
        ) as [number[], number[], number[], number[], number[], number[]];
        const x = rowOf(input, position);
        const expected = { x, h0, c0, f, i, g, o, c, h, kept: times(f, c0), added: times(i, g) };
        for (const [name, values] of Object.entries(expected)) expect(singles(shown[name]), name).toEqual(values);
        expect(Object.keys(shown).sort()).toEqual([...Object.keys(expected), "a_f", "a_g", "a_i", "a_o"].sort());

        const suffix = forward ? "" : "_reverse";
        const own = Object.fromEntries(
          Object.entries(weights).map(([name, tensor]) => [name.replace("lstm.", ""), tensor]),
        );
        const [fromX, fromH] = [affine(own, `ih_l0${suffix}`, x), affine(own, `hh_l0${suffix}`, h0)];
        const sums = fromX.map((sum, row) => sum + Number(fromH[row]));
        for (const [index, [name, gate, curve]] of (
          [
            ["a_i", i, sigmoid],
            ["a_f", f, sigmoid],
            ["a_g", g, Math.tanh],
            ["a_o", o, sigmoid],
          ] as const
        ).entries()) {
          const part = sums.slice(32 * index, 32 * (index + 1));
          expectSums(shown[name], part);
          for (const [unit, sum] of part.entries())
            expect(Math.abs(curve(sum) - Number(gate[unit]))).toBeLessThan(1e-6);
        }
      }
    }
    // The walk is at its end: everything is concluded.
    const readings = pinyin.read("我爱中国");
    expect(
      await page.$$eval(".outcome .pinyin span:not([hidden])", (cells) =>
        cells.map(({ textContent }) => textContent).filter((text) => text !== ""),
      ),
    ).toEqual(readings.map((reading) => toneMarks(reading.pinyin)));
    const probabilities = await page.$$eval(".outcome data:not([hidden])", (cells) =>
      cells.map((cell) => (cell as HTMLDataElement).value),
    );
    const expected = readings.flatMap(({ probability }) => (probability === undefined ? [] : [probability]));
    expect(probabilities).toHaveLength(1);
    for (const [index, text] of probabilities.entries())
      expect(Number(text)).toBeCloseTo(expected[index] as number, 12);
    pinyin.dispose();
    expect(complaints).toEqual([]);
  });

  test("colours each value by its size and sign", async () => {
    const { page } = await site.visit("cell");
    const shown = (await numbers(page)).forward as Shown[string];
    const fills = await page.$$eval("[data-run=forward] [data-stage=candidate] .heat rect", (cells) =>
      cells.map((cell) => cell.style.fill),
    );
    expect(fills).toHaveLength(32);
    for (const [unit, fill] of fills.entries()) {
      const value = Number(shown.g?.[unit]);
      expect(fill).toContain(`var(${value < 0 ? "--negative" : "--positive"})`);
      expect(Math.abs(Number(fill.match(/[\d.]+(?=%)/)?.[0]) - 100 * Math.abs(value))).toBeLessThan(0.06);
    }
  });

  test("marks the followed unit's pre-activation on the curves, also where it lies beyond them", async () => {
    const { page } = await site.visit("cell");
    const all = await numbers(page);
    for (const run of ["forward", "reverse"]) {
      for (const [stage, name] of [
        ["forget", "a_f"],
        ["inputGate", "a_i"],
        ["candidate", "a_g"],
        ["outputGate", "a_o"],
        ["hidden", "c"],
      ] as const) {
        const [axis, mark] = await page.$eval(
          `[data-run=${run}] [data-stage=${stage}] .curve`,
          (curve) =>
            [
              curve.querySelector(".axis")?.getAttribute("d") ?? "",
              Number(curve.querySelector(".mark")?.getAttribute("cx")),
            ] as const,
        );
        const [left, right] = (axis.match(/^M([\d.]+) [\d.]+H([\d.]+)/) ?? []).slice(1).map(Number) as [number, number];
        const value = Number(all[run]?.[name]?.[14]);
        const x = Math.max(-5, Math.min(5, value)); // the curve goes from -5 to 5
        expect(Math.abs(left + ((x + 5) / 10) * (right - left) - mark)).toBeLessThan(0.06);
      }
    }
  });

  test.each([1280, 390, 360])("keeps numbers and curves apart, %i pixels wide", async (width) => {
    const { page } = await site.visit("cell", { width });
    for (let t = 1; t <= 6; t++) {
      await goTo(page, t);
      const overlaps = await page.$$eval(".drawing .stage", (stages) =>
        stages.flatMap((stage) => {
          const numbers = stage.querySelector(".numbers")?.getBoundingClientRect() as DOMRect;
          return [...stage.querySelectorAll(".curve text")]
            .map((text) => text.getBoundingClientRect())
            .filter(({ left, top, bottom }) => left < numbers.right && top < numbers.bottom && bottom > numbers.top)
            .map(() => `${(stage as SVGGElement).dataset.stage}: ${stage.querySelector(".numbers")?.textContent}`);
        }),
      );
      expect(overlaps).toEqual([]);
    }
  });

  test("goes on and back by a character and by a stage, by buttons and by keys, and plays", async () => {
    const { page, complaints } = await site.visit("cell");
    expect(await at(page)).toBe(4);
    await press(page, "on");
    expect(await at(page)).toBe(5);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    expect(await at(page)).toBe(3);
    expect(await stage(page)).toBeUndefined(); // a step that is there as a whole
    await press(page, "stageBack");
    expect(await stage(page)).toBe("outputGate");
    await page.keyboard.down("Shift");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.up("Shift");
    expect([await at(page), await stage(page)]).toEqual([4, "input"]);
    expect(await page.$$("[data-run=forward] .stage.later")).toHaveLength(6);
    expect(await page.$$("[data-run=forward] .followed div")).toHaveLength(1);

    await press(page, "play");
    await page.waitForFunction(() => document.querySelector(".stage.now")?.getAttribute("data-stage") === "candidate");
    expect(await page.$eval("[data-go=play]", ({ textContent }) => textContent)).toContain("Pause");
    await page.select("#language", "zh"); // which it survives
    await page.waitForSelector("html[lang=zh-Hans] main[aria-busy=false]");
    await page.waitForFunction(() => document.querySelector(".stage.now")?.getAttribute("data-stage") === "outputGate");
    await press(page, "play");
    expect(await page.$(".playing")).toBeNull();
    expect(await at(page)).toBe(4);
    expect(complaints).toEqual([]);
  });

  test("plays to the end and stops there, then begins again", async () => {
    const { page } = await site.visit("cell");
    await page.$eval("[data-go=speed]", (range) => {
      (range as HTMLInputElement).value = "12";
      range.dispatchEvent(new Event("input"));
    });
    for (let t = 4; t < 6; t++) await press(page, "on");
    await press(page, "stageBack");
    await press(page, "play");
    await page.waitForSelector(".walk:not(.playing)");
    expect([await at(page), await stage(page)]).toEqual([6, undefined]);
    await press(page, "play");
    await page.waitForFunction(() => (document.querySelector("[data-go=step]") as HTMLInputElement).value === "1");
    await press(page, "play");
  });

  test("never blocks the page: not with a long text, nor while it plays", async () => {
    const { page } = await site.visit("cell");
    const most = await page.$eval("input[type=text]", (field) => (field as HTMLInputElement).maxLength);
    expect(most).toBeGreaterThan(10);
    const blocked = await longTasks(page, async () => {
      await page.$eval(
        "input[type=text]",
        (field, text) => {
          (field as HTMLInputElement).value = text;
          field.dispatchEvent(new Event("input", { bubbles: true }));
        },
        "我爱中国".repeat(most).slice(0, most),
      );
      await page.waitForFunction((most) => document.querySelectorAll(".symbols .symbol").length === most + 2, {}, most);
      await page.$eval("[data-go=speed]", (range) => {
        (range as HTMLInputElement).value = "12";
        range.dispatchEvent(new Event("input"));
      });
      await press(page, "play");
      const before = await at(page);
      await page.waitForFunction(
        (before) => Number((document.querySelector("[data-go=step]") as HTMLInputElement).value) > before + 1,
        {},
        before,
      );
    });
    expect(blocked).toEqual([]);
  });

  test("reads the visitor's own text, also what the model does not know, and none", async () => {
    const { page, complaints } = await site.visit("cell");
    const type = async (text: string) => {
      await page.$eval("input[type=text]", (field) => (field as HTMLInputElement).select());
      await page.type("input[type=text]", text);
      await page.waitForFunction(
        (text) =>
          [...document.querySelectorAll(".symbols .symbol")].map((s) => s.textContent).join("") === `start${text}end`,
        {},
        text,
      );
    };
    await type("银行很远😀");
    expect(await symbols(page)).toEqual(["start", "银", "行", "很", "远", "😀", "end"]);
    await page.click(".symbols li:nth-child(6)");
    expect(await page.$eval("[data-run=forward]", ({ textContent }) => textContent)).toContain("does not know");
    await page.click(".symbols li:nth-child(7)");
    const readings = await page.$$eval(".outcome .pinyin span:not([hidden])", (cells) =>
      cells.map(({ textContent }) => textContent).filter((text) => text !== ""),
    );
    expect(readings).toEqual(["yín", "háng", "hěn", "yuǎn"]);
    await page.$eval("input[type=text]", (field) => (field as HTMLInputElement).select());
    await page.keyboard.press("Backspace");
    await page.waitForFunction(() => document.querySelectorAll(".symbols .symbol").length === 2);
    expect(complaints).toEqual([]);
  });

  test("shows one direction alone", async () => {
    const { page } = await site.visit("cell");
    const shown = () => page.$$eval("article.run", (all) => all.map((article) => (article as HTMLElement).dataset.run));
    expect(await shown()).toEqual(["forward", "reverse"]);
    const choice = ".walk .row > div:nth-child(3) select";
    await page.select(choice, "reverse");
    expect(await shown()).toEqual(["reverse"]);
    expect(Object.keys(await numbers(page))).toEqual(["reverse"]);
    await page.select(choice, "all");
    expect(await shown()).toEqual(["forward", "reverse"]);
  });

  test("follows the unit of a column that is clicked, through all stages and in full", async () => {
    const { page } = await site.visit("cell");
    const cells = await page.$$("[data-run=reverse] [data-stage=forget] .heat rect");
    await cells[5]?.click();
    const all = await numbers(page);
    for (const run of ["forward", "reverse"]) {
      const followed = await page.$$eval(`[data-run=${run}] .followed data`, (parts) =>
        parts.map((part) => [part.getAttribute("data-name") as string, part.textContent] as const),
      );
      expect(followed.map(([name]) => name)).toEqual([
        "h0",
        "a_f",
        "f",
        "a_i",
        "i",
        "a_g",
        "g",
        "f",
        "c0",
        "i",
        "g",
        "c",
        "a_o",
        "o",
        "o",
        "c",
        "h",
      ]);
      for (const [name, text] of followed) expect(text).toBe(all[run]?.[name]?.[5]);
    }
    const unit = ".walk .row > div:nth-child(4) input";
    expect(await page.$eval(unit, (range) => (range as HTMLInputElement).value)).toBe("5");
    await page.focus(unit);
    await page.keyboard.press("ArrowRight");
    expect(await page.$eval("[data-run=forward] h3", ({ textContent }) => textContent)).toContain("6");
    expect(await at(page)).toBe(4); // the arrow was the slider's
  });
});

describe("the last digit", { timeout: 60_000 }, () => {
  const TEXT = "a7bcd2efgh9ij";

  test("shows what trace computes in RNN, GRU and LSTM in Node, number for number", async () => {
    const { page, complaints } = await site.visit("cell");
    await page.select(".walk select", "digits");
    await page.waitForSelector("[data-run=gru]");
    const input = encode(TEXT);
    const traces = CELLS.map((name) => {
      const model = loadModel(name, load(readFileSync(join(root, `examples/digits/data/${name}.safetensors`))));
      const rnn = model.modules.rnn as RNN; // all trace alike, each its own values
      return { name, model, layer: rnn.trace(input).layers[0] as unknown as Record<string, Tensor> };
    });
    const traced = { rnn: ["h"], gru: ["r", "z", "n", "reset", "h"], lstm: ["i", "f", "g", "o", "c", "h"] };
    for (let t = 4; t <= TEXT.length; t++) {
      const all = await numbers(page);
      for (const { name, layer } of traces) {
        const shown = all[name] as Shown[string];
        for (const value of traced[name])
          expect(singles(shown[value]), `${name} ${value}`).toEqual(rowOf(layer[value] as Tensor, t - 1));
        expect(singles(shown.h0)).toEqual(rowOf(layer.h as Tensor, t - 2));
        expect(singles(shown.x)).toEqual(rowOf(input, t - 1));
      }
      // Of what their names say: the gates are the curves of the pre-activations.
      const { rnn, gru } = all as { rnn: Shown[string]; gru: Shown[string] };
      for (const [sums, values, curve] of [
        [rnn.a_h, rnn.h, Math.tanh],
        [gru.a_r, gru.r, sigmoid],
        [gru.a_z, gru.z, sigmoid],
        [gru.a_n, gru.n, Math.tanh],
      ] as const) {
        expect(sums).toHaveLength(4);
        for (const [unit, sum] of (sums ?? []).entries())
          expect(Math.abs(curve(Number(sum)) - Number(values?.[unit]))).toBeLessThan(1e-6);
      }
      await press(page, "on");
    }
    // The walk is at its end: all have answered at every position, a tenth of the digit each.
    const answers = await page.$$eval(".outcome data:not([hidden])", (all) =>
      all.map((data) => Number((data as HTMLDataElement).value)),
    );
    const outputs = traces.map(({ model }) => (model.forward(input) as Tensor).data);
    const expected = [...TEXT].flatMap((_, t) => outputs.map((output) => Math.fround(10 * (output[t] as number))));
    expect(answers.map(Math.fround)).toEqual(expected);
    expect(complaints).toEqual([]);
  });

  test.each([
    { model: "pinyin", theme: "light", width: 390 },
    { model: "digits", theme: "dark", width: 1280 },
  ] as const)("axe holds nothing serious against $model with all numbers open", async ({ model, theme, width }) => {
    const { page } = await site.visit("cell", { theme, width });
    await page.select(".walk select", model);
    await page.waitForSelector(`.runs.${model}`);
    await numbers(page);
    await press(page, "stageBack");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await violations(page)).toEqual([]);
  });

  test("says so where there is no text", async () => {
    const { page, complaints } = await site.visit("cell");
    await page.select(".walk select", "digits");
    await page.waitForSelector("[data-run=gru]");
    await page.$eval("input[type=text]", (field) => (field as HTMLInputElement).select());
    await page.keyboard.press("Backspace");
    await page.waitForSelector(".runs > p");
    await press(page, "on");
    await page.keyboard.press(" ");
    await page.type("input[type=text]", "5");
    await page.waitForSelector("[data-run=gru]");
    expect(await symbols(page)).toEqual(["5"]);
    expect(complaints).toEqual([]);
  });
});
