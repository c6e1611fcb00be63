/** The tables of docs/integer-weights.md, from what was measured. */
import { fileURLToPath } from "node:url";
import { table } from "../claims/summary.js";
import type { Figures } from "./measure.js";
import { type Each, NAMES, type VariantName } from "./variants.js";

export const PAGE = fileURLToPath(new URL("../../docs/integer-weights.md", import.meta.url));

/** The tables by the names of their places in the page. */
export function tables(figures: Figures): Record<string, string> {
  return { tasks: tasksTable(figures), states: statesTable(figures) };
}

function tasksTable({ pinyin, phonemes, vad, segmenter, amplifier }: Figures): string {
  const count = (what: string, total: number, of: (name: VariantName) => number) => [
    `${what}, of ${total.toLocaleString("en")}`,
    ...NAMES.map((name) => counted(of(name), total)),
  ];
  const value = (what: string, of: (name: VariantName) => string) => [what, ...NAMES.map(of)];
  return table([
    ["", ...NAMES],
    count("pinyin: characters read otherwise", pinyin.characters, (name) => pinyin.changed[name].characters),
    count("pinyin: sentences with any of these", pinyin.sentences, (name) => pinyin.changed[name].sentences),
    count("phonemes decided otherwise", phonemes.decisions, (name) => phonemes.changed[name].decisions),
    count("phonemes written otherwise", phonemes.phonemes, (name) => phonemes.changed[name].phonemes),
    count("phonemes: words with any of these", phonemes.words, (name) => phonemes.changed[name].words),
    count("voice activity: decisions changed", vad.steps, (name) => vad.changed[name].decisions),
    value("voice activity: largest change of p", (name) => exponential(vad.changed[name].probability)),
    value("segmenter: F1", (name) => segmenter.f1[name].toFixed(4)),
    count("segmenter: tags changed", segmenter.characters, (name) => segmenter.changed[name]),
    value("amplifier: error to signal", (name) => percent(amplifier.errorToSignal[name].circuit)),
    value("amplifier: the same, of float32's sound", (name) => exponential(amplifier.errorToSignal[name].float32)),
  ]);
}

function statesTable({ states }: Figures): string {
  // float32 is what the others are compared with; of the dequantized the table above tells enough.
  const narrow = NAMES.filter((name) => name !== "float32" && name !== "int8, dequantized");
  const sizes = states.filter(({ cell }) => cell === "LSTM");
  const rows = sizes.map(({ inputSize, hiddenSize }) => {
    const of = (wanted: string): Each<number> => {
      const found = states.find(
        (one) => one.cell === wanted && one.inputSize === inputSize && one.hiddenSize === hiddenSize,
      );
      if (found === undefined) throw new Error(`no ${wanted} of (${inputSize}, ${hiddenSize})`);
      return found.furthest;
    };
    const [lstm, gru] = [of("LSTM"), of("GRU")];
    return [
      `(${inputSize}, ${hiddenSize})`,
      ...narrow.map((name) => exponential(lstm[name])),
      ...narrow.map((name) => exponential(gru[name])),
    ];
  });
  const header = ["LSTM", "GRU"].flatMap((cell) => narrow.map((name) => `${cell}, ${name}`));
  return table([["(I, H)", ...header], ...rows]);
}

function counted(changed: number, total: number): string {
  return changed === 0 ? "0" : `${changed} (${percent(changed / total)})`;
}

function exponential(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
