import modelUrl from "../../../../examples/pinyin/data/g2pm.safetensors?url";
import vocabularyUrl from "../../../../examples/pinyin/data/vocab.json?url";
import { Pinyin, type Reading } from "../../../../examples/pinyin/pinyin.js";
import { toneMarks } from "../../../../examples/pinyin/tone-marks.js";
import { expose } from "../../worker.js";
import { GATES, type Gate } from "./gates.js";

export type Direction = "forward" | "reverse";

/** Values of a tensor (steps, units). */
export interface Values {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface Insight {
  readonly readings: readonly Reading[];
  /** Each gate and state, (characters + 2, 32): the model puts a step before and one after the text. */
  readonly trace: Readonly<Record<Direction, Readonly<Record<Gate, Values>>>>;
}

/** The pinyin model, loaded at the first text. */
export class Reader {
  #pinyin: Promise<Pinyin> | undefined;

  async read(text: string): Promise<Insight> {
    this.#pinyin ??= loadPinyin();
    const pinyin = await this.#pinyin;
    const { trace } = pinyin.trace(text);
    const of = (direction: Direction): Record<Gate, Values> => {
      const found = trace.layers.find((layer) => layer.direction === direction);
      if (found === undefined) throw new Error(`the model has no ${direction} direction`);
      const values = GATES.map((gate): [Gate, Values] => [gate, { data: found[gate].data, shape: found[gate].shape }]);
      return Object.fromEntries(values) as Record<Gate, Values>;
    };
    const readings = pinyin.read(text).map((reading) => ({ ...reading, pinyin: toneMarks(reading.pinyin) }));
    return { readings, trace: { forward: of("forward"), reverse: of("reverse") } };
  }
}

async function loadPinyin(): Promise<Pinyin> {
  const [model, vocabulary] = await Promise.all([get(modelUrl), get(vocabularyUrl)]);
  return new Pinyin(await model.arrayBuffer(), await vocabulary.json());
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} could not be loaded: ${response.status} ${response.statusText}`);
  return response;
}

expose(new Reader());
