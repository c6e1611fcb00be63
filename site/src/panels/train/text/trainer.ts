import { LSTM } from "lstm-wasm";
import { Embedding, Linear, Sequential, softmax } from "lstm-wasm/nn";
import { crossEntropy } from "lstm-wasm/train";
import { mulberry32 } from "../../../../../examples/mulberry32.js";
import { STEPS_OF_RUN } from "../steps-of-run.js";
import { type Measured, type Problem, Trainer, Unreadable } from "../trainer.js";

export interface TextConfig {
  /** Every character that the model knows, once. */
  readonly characters: string;
}

const EMBEDDING = 32;
const HIDDEN = 128;
const BATCH = 16;
/** How many characters the model reads in one step of training. */
const WINDOW = 48;
const SEED = 1;
/** How much it writes when it shows what it has learnt. */
const WRITES = 120;

/**
 * Embedding(characters, 32) → LSTM(32, 128) → Linear(128, characters). At each character it is asked for the next one.
 */
export class TextTrainer extends Trainer<TextConfig, string> {
  protected readonly lesson = "text";
  protected readonly stepsOfRun = STEPS_OF_RUN.text;
  protected readonly learningRate = 0.005;
  #text = "";
  /** The text in the numbers of a model. */
  #encoded: { readonly config: TextConfig; readonly ids: readonly number[] } | undefined;
  #temperature = 0.7;
  #written = 0;

  /** Begins anew on a text. Nothing changes where there is a problem. */
  open(text: string): Problem | undefined {
    const config = { characters: [...new Set(text)].sort().join("") };
    const problem = shortness([...text].length);
    if (problem !== undefined) return problem;
    this.#text = text;
    this.begin(config);
    return undefined;
  }

  /** How boldly it chooses: near 0 the likeliest character, at 1 as the probabilities have it. */
  choose(temperature: number): void {
    this.#temperature = temperature;
  }

  /** Writes something new. Undefined before there is a model. */
  write(): string | undefined {
    const { model } = this;
    return model && this.note(model, this.config);
  }

  protected create({ characters }: TextConfig): Sequential {
    const size = [...characters].length;
    return new Sequential({
      embedding: new Embedding({ numEmbeddings: size, embeddingDim: EMBEDDING, seed: SEED }),
      lstm: new LSTM({ inputSize: EMBEDDING, hiddenSize: HIDDEN, forgetBias: 1, seed: SEED + 1 }),
      head: new Linear({ inFeatures: HIDDEN, outFeatures: size, seed: SEED + 2 }),
    });
  }

  protected measure(model: Sequential, config: TextConfig, step: number): Measured {
    if (this.#encoded?.config !== config) this.#encoded = { config, ids: idsOf(this.#text, config) };
    const { ids } = this.#encoded;
    const random = mulberry32(1_000_003 * SEED + step);
    const starts = Array.from({ length: BATCH }, () => Math.floor(random() * (ids.length - WINDOW)));
    const batch = (shift: number) =>
      Array.from({ length: WINDOW }, (_, t) => starts.map((start) => ids[start + t + shift] as number));
    return { ...crossEntropy(model.forward(batch(0)), batch(1)), samples: BATCH * WINDOW };
  }

  /** Writes from the beginning of a line on. */
  protected note(model: Sequential, { characters }: TextConfig): string {
    const { embedding, lstm, head } = model.modules as { embedding: Embedding; lstm: LSTM; head: Linear };
    const all = [...characters];
    const random = mulberry32(++this.#written);
    using stream = lstm.stream();
    let id = Math.max(0, all.indexOf("\n"));
    let text = "";
    for (let i = 0; i < WRITES; i++) {
      const logits = head.forward(stream.step(embedding.forward([id])));
      id = draw(
        softmax(
          logits.data.map((logit) => logit / this.#temperature),
          0,
        ).data,
        random(),
      );
      text += all[id];
    }
    return text.trimStart();
  }

  protected read(about: unknown): TextConfig {
    const { characters } = (about ?? {}) as Partial<TextConfig>;
    const known = typeof characters === "string" ? [...characters] : [];
    if (typeof characters !== "string" || known.length === 0 || new Set(known).size !== known.length) {
      throw new Unreadable("expected the characters of the model in the metadata");
    }
    return { characters };
  }

  /** A model from a file goes on with the text at hand. */
  protected override refusal(config: TextConfig): Problem | undefined {
    return shortness(idsOf(this.#text, config).length);
  }
}

/** The numbers of a text's characters; those that the model does not know are left out. */
function idsOf(text: string, { characters }: TextConfig): number[] {
  const numbers = new Map([...characters].map((character, id) => [character, id]));
  return [...text].flatMap((character) => numbers.get(character) ?? []);
}

function shortness(length: number): Problem | undefined {
  const need = 2 * WINDOW;
  return length < need ? { kind: "short", need, got: length } : undefined;
}

/** The index at which the probabilities add up to more than `chance`. */
function draw(probabilities: Float32Array, chance: number): number {
  let sum = 0;
  for (const [id, probability] of probabilities.entries()) {
    sum += probability;
    if (sum > chance) return id;
  }
  return probabilities.length - 1;
}
