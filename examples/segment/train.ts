/** Trains the segmenter: `npm run train`. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { writeFileAtomic } from "lstm-wasm/node";
import { Complaint, commandLine, run } from "../terminal.js";
import { exampleOf } from "./batches.js";
import { loadCorpus, type Piece } from "./corpus.js";
import { minutes, Progress, thousands } from "./progress.js";
import { Tagger } from "./tagger.js";
import type { Score } from "./tags.js";
import { evaluate, Training } from "./training.js";
import { Vocabulary } from "./vocabulary.js";

const HELP = `Trains a model that cuts Chinese text into words.

  npm run train                   trains for 7 epochs, or goes on where Ctrl-C stopped it

  --epochs COUNT   how often to go through the training text (7)
  --seed NUMBER    decides the first weights and every order (1)
  --fresh          starts anew even if there is a checkpoint
  --out FOLDER     where the model and the checkpoint go (examples/segment/model)
  --help           this text`;

async function main(): Promise<void> {
  const { values } = options();
  if (values.help) return console.log(HELP);
  const epochs = count("epochs", values.epochs, 1);
  const seed = count("seed", values.seed, 0);
  const checkpoint = join(values.out, "checkpoint.safetensors");
  const model = join(values.out, "segment.safetensors");
  mkdirSync(values.out, { recursive: true });

  const corpus = await loadCorpus(console.error);
  const vocabulary = Vocabulary.of(corpus.training);
  const examples = (pieces: readonly Piece[]) => pieces.map((piece) => exampleOf(vocabulary, piece));
  const [training, validation] = [examples(corpus.training), examples(corpus.validation)];
  const total = training.reduce((sum, { ids }) => sum + ids.length, 0);

  const trainer = new Training(new Tagger(vocabulary, seed), training, seed);
  const { position, tagger } = trainer;
  if (values.fresh) rmSync(checkpoint, { force: true });
  if (existsSync(checkpoint)) {
    trainer.resume(readFileSync(checkpoint));
    console.log(`Going on in epoch ${position.epoch + 1}, after ${thousands(position.characters)} characters.`);
  } else {
    console.log(
      `${thousands(training.length)} pieces, ${thousands(total)} characters, ${vocabulary.size} of them different.`,
    );
  }

  const progress = new Progress();
  let stopped: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // npm, tsx and the terminal may each pass one key press on; a later one ends the program at once.
      if (stopped !== undefined && performance.now() - stopped > 1000) process.exit(130);
      stopped ??= performance.now();
    });
  }
  while (position.epoch < epochs) {
    while (stopped === undefined && trainer.step()) {
      const { epoch, characters, loss, seconds } = position;
      progress.show({
        ...{ epoch: epoch + 1, epochs, characters, total },
        ...{ loss: loss / characters, speed: characters / seconds },
      });
      await turn(); // signals arrive between batches
    }
    progress.stop();
    await writeFileAtomic(checkpoint, trainer.save());
    if (stopped !== undefined) {
      console.log(
        `Saved after ${thousands(position.characters)} characters of epoch ${position.epoch + 1}; npm run train goes on.`,
      );
      process.exitCode = 130;
      return;
    }
    const { epoch, loss, characters, seconds } = position;
    const speed = `${minutes(seconds)}, ${thousands(characters / seconds)} characters/s`;
    const score = shown(evaluate(tagger, validation));
    console.log(`Epoch ${epoch + 1}: loss ${(loss / characters).toFixed(4)}, validation ${score} (${speed})`);
    await turn();
    trainer.nextEpoch();
  }

  await writeFileAtomic(model, tagger.toBytes());
  console.log(`Test: ${shown(evaluate(tagger, examples(corpus.test)))}`);
  rmSync(checkpoint, { force: true });
  console.log(`The model is in ${model}. Try it: npm run segment -- 我爱中国`);
  tagger.dispose();
}

const shown = ({ precision, recall, f1 }: Score): string =>
  `precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)}, F1 ${f1.toFixed(4)}`;

function options() {
  return commandLine({
    options: {
      epochs: { type: "string", default: "7" },
      seed: { type: "string", default: "1" },
      fresh: { type: "boolean", default: false },
      out: { type: "string", default: join(import.meta.dirname, "model") },
      help: { type: "boolean", short: "h" },
    },
  });
}

function count(option: string, value: string, least: number): number {
  const number = Number(value);
  if (/^\d{1,9}$/.test(value) && number >= least) return number;
  throw new Complaint(`--${option} must be a whole number from ${least}, got ${value}`, 2);
}

run("train", main);
