import { LSTM, type LSTMStream, padSequence, Tensor } from "lstm-wasm";
import { argmax, Linear, padIndices, Sequential, softmax } from "lstm-wasm/nn";
import { crossEntropy } from "lstm-wasm/train";
import { mulberry32 } from "../../../../../examples/mulberry32.js";
import { STEPS_OF_RUN } from "../steps-of-run.js";
import { type Measured, Trainer, Unreadable } from "../trainer.js";
import { type Stroke, stepsOf, varied } from "./strokes.js";

export interface Example {
  readonly stroke: Stroke;
  /** The number of its class. */
  readonly label: number;
}

export interface GestureConfig {
  /** The names of the classes. */
  readonly classes: readonly string[];
}

/** How many of the examples the model classifies rightly. */
export interface GestureNote {
  readonly right: number;
  readonly of: number;
}

const HIDDEN = 64;
const BATCH = 12;
const SEED = 1;
const NO_TARGET = -100;

/**
 * LSTM(2, 64) → Linear(64, classes). The input is the pen's direction at each step. After every step the model says
 * which class it takes the stroke for, and is taught to say so as early as it can.
 */
export class GestureTrainer extends Trainer<GestureConfig, GestureNote> {
  protected readonly lesson = "gestures";
  protected readonly stepsOfRun = STEPS_OF_RUN.gestures;
  protected readonly learningRate = 0.01;
  #examples: readonly Example[] = [];
  /** What reads the stroke that is drawn, and the LSTM that it belongs to. */
  #reading: { readonly lstm: LSTM; readonly stream: LSTMStream } | undefined;

  /** Begins anew with these classes. */
  open(config: GestureConfig): void {
    this.begin(config);
  }

  /** What to learn from, and how the classes are called; training that runs goes on with it. */
  teach(examples: readonly Example[], config: GestureConfig): void {
    this.rename(config);
    this.#examples = examples.filter(({ stroke }) => stepsOf(stroke).length > 0);
  }

  /** A stroke begins. */
  penDown(): void {
    const lstm = this.#lstm;
    this.#reading?.stream.dispose();
    this.#reading = lstm && { lstm, stream: lstm.stream() };
  }

  /**
   * The pen has moved on.
   *
   * @param steps the directions since the last call: dx, dy, dx, dy, ...
   * @returns the probability of each class, after all steps since `penDown`; undefined without a model or a step
   */
  penMove(steps: readonly number[]): readonly number[] | undefined {
    const [reading, model] = [this.#reading, this.model];
    if (steps.length === 0 || model === undefined || reading === undefined || reading.lstm !== this.#lstm) return;
    const output = reading.stream.run(new Tensor(steps, [steps.length / 2, 2]));
    const { head } = model.modules as { head: Linear };
    return [...softmax(head.forward(output.select(0, (output.shape[0] as number) - 1)), 0).data];
  }

  protected create({ classes }: GestureConfig): Sequential {
    return new Sequential({
      lstm: new LSTM({ inputSize: 2, hiddenSize: HIDDEN, forgetBias: 1, seed: SEED }),
      head: new Linear({ inFeatures: HIDDEN, outFeatures: classes.length, seed: SEED + 1 }),
    });
  }

  protected measure(model: Sequential, _: GestureConfig, step: number): Measured {
    const random = mulberry32(1_000_003 * SEED + step);
    const chosen = Array.from({ length: BATCH }, () => {
      const { stroke, label } = this.#examples[Math.floor(random() * this.#examples.length)] as Example;
      return { rows: rowsOf(varied(stroke, random)), label };
    });
    const input = padSequence(chosen.map(({ rows }) => rows)); // (steps, batch, 2)
    const target = padIndices(
      chosen.map(({ rows, label }) => rows.map(() => label)),
      { paddingValue: NO_TARGET },
    );
    return { ...crossEntropy(model.forward(input), target), samples: BATCH };
  }

  protected note(model: Sequential): GestureNote {
    const answers = this.#examples.map(({ stroke, label }) => {
      const logits = model.forward(rowsOf(stroke)); // (steps, classes)
      return argmax(logits.select(0, (logits.shape[0] as number) - 1), 0).data[0] === label;
    });
    return { right: answers.filter(Boolean).length, of: answers.length };
  }

  protected read(about: unknown): GestureConfig {
    const { classes } = (about ?? {}) as Partial<GestureConfig>;
    if (!Array.isArray(classes) || classes.length !== 3 || !classes.every((name) => typeof name === "string")) {
      throw new Unreadable("expected the names of three classes in the metadata");
    }
    return { classes };
  }

  get #lstm(): LSTM | undefined {
    return (this.model?.modules as { lstm: LSTM } | undefined)?.lstm;
  }
}

function rowsOf(stroke: Stroke): number[][] {
  const steps = stepsOf(stroke);
  return Array.from({ length: steps.length / 2 }, (_, i) => steps.slice(2 * i, 2 * i + 2));
}
