import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { afterAll, describe, expect, it } from "vitest";
import { loadPinyin } from "../pinyin/model.js";
import { toneMarks } from "../pinyin/tone-marks.js";
import { gateBar, type Ink, signedBar } from "./bars.js";
import { frame, frameCount, summary } from "./frame.js";
import { printable, sentence } from "./sentence.js";
import { walk } from "./walk.js";

const pinyin = loadPinyin();
afterAll(() => pinyin.dispose());

const INKS: readonly Ink[] = ["colour", "mono", "plain"];
const floats = (...values: number[]) => new Float32Array(values);
const [ESCAPE, END] = ["\u001b[", "\u001b[0m"];

describe("bars", () => {
  it("shows gates in eighths", () => {
    const gates = floats(0, 0.01, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1);
    expect(gateBar(gates, "plain")).toBe("▁▁▁▂▃▄▅▆▇█");
    expect(gateBar(gates, "mono")).toBe("▁▁▁▂▃▄▅▆▇█");
    expect(gateBar(gates, "colour")).toBe(`${ESCAPE}32m▁▁▁▂▃▄▅▆▇█${END}`);
  });

  it("marks negative values underneath in plain text", () => {
    expect(signedBar(floats(2, -2, 1, -0.5, 0, -0.01, 0.5), 2, "plain")).toEqual(["██▄▂··▂", " - -"]);
    expect(signedBar(floats(2, 0), 2, "plain")).toEqual(["█·", ""]);
  });

  it("hangs negative values from the top on a terminal, in their own colour if it has any", () => {
    const values = floats(0.25, 0.5, -0.25, -1, 0);
    expect(signedBar(values, 1, "mono")).toEqual([`▂▄${ESCAPE}7m▆ ${END}${ESCAPE}2m·${END}`, ""]);
    expect(signedBar(values, 1, "colour")[0]).toBe(`${ESCAPE}36m▂▄${END}${ESCAPE}35;7m▆ ${END}${ESCAPE}2m·${END}`);
  });

  it("caps what is beyond the scale", () => {
    expect(signedBar(floats(9, -9), 2, "plain")[0]).toBe("██");
  });
});

describe("sentence", () => {
  const all = () => true;
  it("marks the current symbol", () => {
    expect(sentence(["BEGIN", "我", "爱", "END"], 1, all, 80, "plain")).toBe("BEGIN [我] 爱 END");
    expect(sentence(["BEGIN", "我", "END"], 1, (at) => at < 2, 80, "mono")).toBe(
      `BEGIN ${ESCAPE}7m${ESCAPE}1m[我]${END}${END} ${ESCAPE}2mEND${END}`,
    );
  });

  it("shows as much around it as fits", () => {
    const symbols = ["BEGIN", ..."千里之行始于足下a不b积c跬步无以至千里", "END"];
    for (let columns = 12; columns < 80; columns++) {
      for (const current of symbols.keys()) {
        const text = sentence(symbols, current, all, columns, "plain");
        expect(text).toContain(`[${symbols[current]}]`);
        expect(stringWidth(text)).toBeLessThanOrEqual(columns);
        if (!text.includes("END") && columns > 20) expect(text.endsWith("…")).toBe(true);
      }
    }
  });

  it("lets nothing through that would move the cursor or take no column", () => {
    expect([..." \n\u001b\t\u200d\u0301我aé\u3000"].map(printable)).toEqual([..."␣����", "�", ..."我aé�"]);
  });
});

describe("frame", () => {
  const texts = [
    "我爱中国",
    "国",
    "银行行长长得很高，长大以后还重新重视这件事。",
    "👨‍👩‍👧 e\u0301\nabc",
    "很".repeat(70),
  ];

  it.each(texts)("fits 80 columns, and on a terminal 24 lines with the viewer's one: %j", (text) => {
    const way = walk(pinyin, text, toneMarks);
    for (let index = 0; index < frameCount(way); index++) {
      for (const ink of INKS) {
        const lines = frame(way, index, ink);
        for (const line of lines) expect(stringWidth(line), line).toBeLessThanOrEqual(80);
        if (ink !== "plain") expect(lines.length).toBeLessThanOrEqual(23);
        if (ink === "plain") expect(lines.join("\n")).toBe(stripVTControlCharacters(lines.join("\n")));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what this looks for
        if (ink === "mono") expect(lines.join("\n")).not.toMatch(/\u001b\[[\d;]*3\d/);
      }
    }
  });

  it("shows a step with every equation", () => {
    const way = walk(pinyin, "我爱中国", toneMarks);
    const lines = frame(way, 2, "plain");
    expect(lines[0]).toMatch(/ 3\/13$/);
    expect(lines[1]).toMatch(/^ BEGIN 我 \[爱\] 中 国 END +forward → {2}t = 3$/);
    for (const equation of [
      "f(t) = σ(W_f [x(t), h(t-1)] + b_f)",
      "i(t) = σ(W_i [x(t), h(t-1)] + b_i)",
      "g(t) = tanh(W_g [x(t), h(t-1)] + b_g)",
      "c(t) = f(t) * c(t-1) + i(t) * g(t)",
      "o(t) = σ(W_o [x(t), h(t-1)] + b_o)",
      "h(t) = o(t) * tanh(c(t))",
    ]) {
      expect(lines.some((line) => line.includes(equation))).toBe(true);
    }
    const step = way.steps[2] as (typeof way.steps)[number];
    const bar = (label: string) => lines.find((line) => line.startsWith(` ${label} `))?.slice(8);
    expect(bar("x(t)")?.slice(0, 64)).toBe(signedBar(step.x, way.scale.x, "plain")[0]);
    expect(bar("h(t-1)")?.slice(0, 32)).toBe(signedBar(step.before.h, 1, "plain")[0]);
    for (const name of ["f", "i", "o"] as const) {
      expect(bar(`${name}(t)`)?.slice(0, 32)).toBe(gateBar(step[name], "plain"));
    }
    expect(bar("g(t)")?.slice(0, 32)).toBe(signedBar(step.g, 1, "plain")[0]);
    expect(bar("h(t)")?.slice(0, 32)).toBe(signedBar(step.h, 1, "plain")[0]);
    for (const [label, values] of [
      ["kept", step.kept],
      ["added", step.added],
      ["c(t)", step.c],
    ] as const) {
      expect(bar(label)?.slice(0, 32)).toBe(signedBar(values, way.scale.c, "plain")[0]);
    }
  });

  it("puts the arithmetic under the unit that changes most", () => {
    const way = walk(pinyin, "我爱中国", toneMarks);
    for (const [index, { f, i, g, c, before }] of way.steps.entries()) {
      const line = frame(way, index, "plain").find((one) => /^ +▲ /.test(one)) as string;
      const unit = line.indexOf("▲") - 8;
      const changes = c.map((value, at) => Math.abs(value - Number(before.c[at])));
      expect(changes[unit]).toBe(Math.max(...changes));
      const numbers = [f, before.c, i, g, c].map((values) => Number(values[unit]).toFixed(2));
      expect(line.match(/-?\d\.\d\d/g)).toEqual(numbers);
    }
  });

  it("reads from the end in the reverse direction", () => {
    const way = walk(pinyin, "我爱中国", toneMarks);
    expect(frame(way, 6, "plain")[1]).toMatch(/^ BEGIN 我 爱 中 国 \[END\] +← reverse {2}t = 1$/);
    expect(frame(way, 7, "plain")[1]).toMatch(/^ BEGIN 我 爱 中 \[国\] END +← reverse {2}t = 2$/);
    expect(frame(way, 6, "plain").some((line) => line.includes("zeros, nothing read yet"))).toBe(true);
  });

  it("says which character the model does not know", () => {
    const way = walk(pinyin, "国😀", toneMarks);
    const told = (index: number) => frame(way, index, "plain").some((line) => line.includes("<UNK>"));
    expect([0, 1, 2, 3].map(told)).toEqual([false, false, true, false]);
  });

  it("ends with both halves of every character, on as many frames as it takes", () => {
    const way = walk(pinyin, "我爱中国", toneMarks);
    const lines = frame(way, 12, "plain");
    expect(lines.filter((line) => line.includes("│"))).toHaveLength(6);
    const zhong = lines.find((line) => line.startsWith(" 中")) as string;
    const [left, right] = [way.outputs[3]?.subarray(0, 32), way.outputs[3]?.subarray(32)] as [
      Float32Array,
      Float32Array,
    ];
    expect(zhong).toBe(` 中    ${signedBar(left, 1, "plain")[0]}│${signedBar(right, 1, "plain")[0]} zhōng*`);

    const long = walk(pinyin, "很".repeat(70), toneMarks);
    const rows = Array.from({ length: 9 }, (_, part) => frame(long, long.steps.length + part, "plain"));
    expect(rows.flat().filter((line) => line.includes("│"))).toHaveLength(72);
    expect(frameCount(long)).toBe(2 * 72 + 9);
  });

  it("sums a step up in plain words", () => {
    const gates = { f: floats(0.5, 0.76), i: floats(0.4), o: floats(1, 0) };
    expect(summary({ t: 2, ...gates })).toBe(
      "Keeps 63 % of the cell on average, lets in 40 % of the candidate, shows 50 %.",
    );
    expect(summary({ t: 1, ...gates })).toBe(
      "Nothing to keep yet. Lets in 40 % of the candidate on average, shows 50 %.",
    );
  });
});
