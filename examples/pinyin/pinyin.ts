import { LSTM, packSequence, padPackedSequence, Tensor, type Trace } from "lstm-wasm";
import { load } from "lstm-wasm/safetensors";
import { unchanged } from "../variant.js";

/** What the model knows by name: `vocab.json`. */
export interface Vocabulary {
  /** The characters, by their row in the embedding. */
  readonly chars: readonly string[];
  /** The readings the model chooses from, by their index in its output. */
  readonly classes: readonly string[];
  /** The dictionary: every reading of a character. */
  readonly readings: Readonly<Record<string, readonly string[]>>;
}

/** One character and how it is read. */
export interface Reading {
  readonly char: string;
  /** With the tone as a number, `lu:4`; the character itself if the dictionary does not have it. */
  readonly pinyin: string;
  /** Of a character with several readings: the probability that the model gives to this one. */
  readonly probability?: number;
}

/** The LSTM at work on a text, seen from the inside; T is the number of characters and 2, for BEGIN and END. */
export interface Insight {
  /** Whether the model knows each character, BEGIN and END included; what it does not know all looks the same to it. */
  readonly known: readonly boolean[];
  /** (T, 64): what goes into the LSTM. */
  readonly input: Tensor;
  /** Every gate and state of both directions, (T, 32) each. */
  readonly trace: Trace<Tensor>;
}

/** A text on its way: its characters as the model numbers them, and its readings as far as they are known. */
interface Passage {
  readonly ids: number[];
  readonly readings: Reading[];
  /** Where the characters stand that have several readings. */
  readonly open: number[];
}

/** How many passages go through the LSTM at once. */
const BATCH = 16;

/**
 * Reads Chinese: g2pM's model on lstm-wasm. Takes bytes, so it runs wherever lstm-wasm does.
 *
 * ```ts
 * const pinyin = new Pinyin(await (await fetch("g2pm.safetensors")).arrayBuffer(), await (await fetch("vocab.json")).json());
 * pinyin.read("我爱中国"); // [{ char: "我", pinyin: "wo3" }, ..., { char: "中", pinyin: "zhong1", probability: 0.99 }, ...]
 * ```
 */
export class Pinyin {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #classes: readonly string[];
  readonly #readings: ReadonlyMap<string, readonly string[]>;
  readonly #embedding: Tensor;
  readonly #lstm: LSTM;
  readonly #hidden: Dense;
  readonly #logits: Dense;

  /**
   * @param model the bytes of `data/g2pm.safetensors`
   * @param vocabulary what `data/vocab.json` holds
   * @param variant what becomes of the LSTM
   */
  constructor(model: ArrayBuffer | Uint8Array, vocabulary: Vocabulary, variant = unchanged) {
    const weights = load(model);
    const tensor = (name: string, rows: number): Tensor => {
      const found = weights[name];
      if (found?.shape[0] === rows) return found;
      const got = found ? `has shape [${found.shape.join(", ")}]` : "is missing";
      throw new Error(`the model does not fit the vocabulary: ${name} ${got}, expected ${rows} rows`);
    };
    const dense = (name: string, rows: number): Dense => ({
      weight: tensor(`${name}.weight`, rows).data,
      bias: tensor(`${name}.bias`, rows).data,
    });
    this.#ids = new Map(vocabulary.chars.map((char, id) => [char, id]));
    this.#classes = vocabulary.classes;
    this.#readings = new Map(Object.entries(vocabulary.readings));
    this.#embedding = tensor("embedding.weight", vocabulary.chars.length);
    this.#hidden = dense("logit_layer.0", 32);
    this.#logits = dense("logit_layer.2", vocabulary.classes.length);
    this.#lstm = variant(LSTM.fromStateDict(weights, { prefix: "lstm." }));
  }

  /** The reading of each character, whatever stands beside it deciding between several. */
  read(text: string): Reading[] {
    return this.readAll([text])[0] as Reading[];
  }

  /** The same for many texts, faster: they go through the LSTM in batches. Each is read by itself. */
  readAll(texts: readonly string[]): Reading[][] {
    const passages = texts.map((text) => this.#lookUp(text));
    // Longest first is the order a packed batch needs, and neighbours of like length waste the least padding.
    const undecided = passages.filter(({ open }) => open.length > 0).sort((a, b) => b.ids.length - a.ids.length);
    for (let first = 0; first < undecided.length; first += BATCH) this.#decide(undecided.slice(first, first + BATCH));
    return passages.map(({ readings }) => readings);
  }

  /** What happens inside the LSTM while it reads a text. */
  trace(text: string): Insight {
    const { ids } = this.#lookUp(text);
    const input = this.#embed(ids);
    return { known: ids.map((id) => id !== this.#id(UNKNOWN)), input, trace: this.#lstm.trace(input) };
  }

  /** Frees the LSTM's memory. */
  dispose(): void {
    this.#lstm.dispose();
  }

  /** Reads what the dictionary decides, and numbers the characters for the model. */
  #lookUp(text: string): Passage {
    const chars = [...text];
    const open: number[] = [];
    const readings = chars.map((char, index) => {
      const choices = this.#readings.get(char) ?? [char];
      if (choices.length > 1) open.push(index);
      return { char, pinyin: choices[0] as string };
    });
    const framed = [BEGIN, ...chars, END];
    return { ids: framed.map((char) => this.#ids.get(char) ?? this.#id(UNKNOWN)), readings, open };
  }

  #id(char: string): number {
    return this.#ids.get(char) as number;
  }

  /** Lets the model choose the open readings of a batch of passages, longest first. */
  #decide(passages: readonly Passage[]): void {
    const packed = packSequence(passages.map(({ ids }) => this.#embed(ids)));
    const [output] = this.#lstm.forward(packed);
    const [states] = padPackedSequence(output, { batchFirst: true }); // (batch, longest, forward and reverse)
    const [, longest, width] = states.shape as [number, number, number];
    const hidden = new Float32Array(this.#hidden.bias.length);
    const logits = new Float32Array(this.#logits.bias.length);
    for (const [row, { readings, open }] of passages.entries()) {
      for (const index of open) {
        const at = (row * longest + index + 1) * width; // one on, because of BEGIN
        linear(this.#hidden, states.data.subarray(at, at + width), hidden);
        relu(hidden);
        linear(this.#logits, hidden, logits);
        // As in g2pM, all classes compete, not only this character's own readings.
        const [best, probability] = mostProbable(logits);
        const { char } = readings[index] as Reading;
        readings[index] = { char, pinyin: this.#classes[best] as string, probability };
      }
    }
  }

  /** (ids, 64): the embedding's row of each id. */
  #embed(ids: readonly number[]): Tensor {
    const { data, shape } = this.#embedding;
    const width = shape[1] as number;
    const rows = new Float32Array(ids.length * width);
    for (const [row, id] of ids.entries()) rows.set(data.subarray(id * width, (id + 1) * width), row * width);
    return new Tensor(rows, [ids.length, width]);
  }
}

/** g2pM's own names for the two ends of a passage ("poem" and "end") and for a character it does not know. */
const [BEGIN, END, UNKNOWN] = ["시", "끝", "<UNK>"];

/** `nn.Linear`: weight (out, in), row by row, and bias (out). */
interface Dense {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/**
 * y = weight x + bias, four rows at a time: four sums that do not wait for one another, and one read of x for all. (Both
 * layers have a multiple of four rows.)
 */
function linear({ weight, bias }: Dense, x: Float32Array, y: Float32Array): void {
  const width = x.length;
  for (let row = 0; row < y.length; row += 4) {
    let a = bias[row] as number;
    let b = bias[row + 1] as number;
    let c = bias[row + 2] as number;
    let d = bias[row + 3] as number;
    for (let column = 0, at = row * width; column < width; column++, at++) {
      const value = x[column] as number;
      a += (weight[at] as number) * value;
      b += (weight[at + width] as number) * value;
      c += (weight[at + 2 * width] as number) * value;
      d += (weight[at + 3 * width] as number) * value;
    }
    y[row] = a;
    y[row + 1] = b;
    y[row + 2] = c;
    y[row + 3] = d;
  }
}

function relu(x: Float32Array): void {
  for (let index = 0; index < x.length; index++) x[index] = Math.max(0, x[index] as number);
}

/** The index of the largest logit, and its share of the softmax over all of them. */
function mostProbable(logits: Float32Array): [index: number, probability: number] {
  let best = 0;
  for (let index = 1; index < logits.length; index++) {
    if ((logits[index] as number) > (logits[best] as number)) best = index;
  }
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - (logits[best] as number));
  return [best, 1 / sum];
}
