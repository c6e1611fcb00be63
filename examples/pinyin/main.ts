/** Reads Chinese aloud on the terminal: `npm start`. */
import { Progress } from "../../ts/cli/progress.js";
import { thousands } from "../../ts/cli/table.js";
import { fileSource, type Source, standardInput } from "../source.js";
import { Complaint, commandLine, print, run } from "../terminal.js";
import { loadPinyin } from "./model.js";
import { page } from "./page.js";
import { passages } from "./passages.js";
import type { Reading } from "./pinyin.js";
import { decode, textSource } from "./text.js";
import { toneMarks } from "./tone-marks.js";

const HELP = `Prints the pinyin of Chinese text under its characters.

  npm start                              reads three sample sentences
  npm start -- 银行很远 还书               reads these texts
  npm start -- --file novel.txt          reads a UTF-8 file, line by line
  cat novel.txt | npm start              reads standard input

  -f, --file PATH   the file to read
  -n, --numbers     tones as numbers (ni3) rather than marks (nǐ)
  -j, --json        one JSON object a line: { text, readings: [{ char, pinyin, probability? }] }
  -h, --help        this text

A character with several readings is coloured or, where there is no colour, marked *. Under it stands how probable the
model holds the reading it chose.`;

const SAMPLE = [
  "我爱中国",
  "然而，他红了20年以后，他竟退出了大家的视线。",
  "银行行长长得很高，长大以后还重新重视这件事。",
];

async function main(): Promise<void> {
  const { values, positionals } = options();
  if (values.help) return print(`${HELP}\n`);
  const source = chooseSource(values.file, positionals);
  const spell = values.numbers ? (pinyin: string) => pinyin : toneMarks;
  const colour = process.stdout.isTTY && process.stdout.hasColors(); // which honours NO_COLOR
  const style = () => ({ columns: process.stdout.columns || 80, colour, spell });
  const show = (readings: readonly Reading[]): string =>
    values.json ? json(readings, spell) : `${page(readings, style())}\n`;

  const started = performance.now();
  const pinyin = loadPinyin();
  const loading = performance.now() - started;

  const progress = new Progress(source.size, "characters");
  const done = { bytes: 0, characters: 0, choices: 0, milliseconds: 0 };
  const speed = () => done.characters / (done.milliseconds / 1000);
  const count = (length: number) => {
    if (done.bytes > 0) progress.show(done.bytes, speed()); // a second chunk: this is going to take a while
    done.bytes += length;
  };
  try {
    for await (const texts of passages(decode(source, count))) {
      const before = performance.now();
      const answers = pinyin.readAll(texts);
      done.milliseconds += performance.now() - before;
      for (const readings of answers) {
        done.characters += readings.length;
        done.choices += readings.filter(({ probability }) => probability !== undefined).length;
      }
      progress.clear();
      await print(answers.map(show).join(""));
    }
  } finally {
    progress.stop();
    pinyin.dispose();
  }
  if (done.characters === 0) throw new Complaint(`${source.name}: there is nothing to read, it is empty`);

  const choices = `${thousands(done.choices)} of them with several readings${colour || values.json ? "" : " (*)"}`;
  const times = `${thousands(speed())} characters a second; the model loaded in ${thousands(loading)} ms`;
  const summary = `Read ${thousands(done.characters)} characters, ${choices}, in ${done.milliseconds.toFixed(1)} ms: ${times}.`;
  if (values.json) console.error(summary);
  else await print(`${summary}\n`);
}

function options() {
  return commandLine({
    allowPositionals: true,
    options: {
      file: { type: "string", short: "f" },
      numbers: { type: "boolean", short: "n" },
      json: { type: "boolean", short: "j" },
      help: { type: "boolean", short: "h" },
    },
  });
}

function chooseSource(file: string | undefined, texts: readonly string[]): Source {
  if (file !== undefined && texts.length > 0) throw new Complaint("give a text or --file, not both", 2);
  if (file !== undefined) return fileSource(file);
  if (texts.length > 0) return textSource(texts);
  return standardInput("pinyin: waiting for text on standard input (--help tells more)") ?? textSource(SAMPLE);
}

function json(readings: readonly Reading[], spell: (pinyin: string) => string): string {
  const text = readings.map(({ char }) => char).join("");
  return `${JSON.stringify({ text, readings: readings.map((reading) => ({ ...reading, pinyin: spell(reading.pinyin) })) })}\n`;
}

run("pinyin", main);
