/** Cuts Chinese text into words: `npm run segment -- 我爱中国`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Complaint, commandLine, run } from "../terminal.js";
import { Segmenter } from "./segmenter.js";
import { Tagger } from "./tagger.js";

const HELP = `Cuts Chinese text into words, with the model that npm run train made.

  npm run segment -- 我爱中国 银行很远     cuts these texts
  npm run segment < novel.txt           cuts standard input, line by line

  --model FILE   the model (examples/segment/model/segment.safetensors)
  --help         this text`;

async function main(): Promise<void> {
  const { values, positionals } = options();
  if (values.help || (positionals.length === 0 && process.stdin.isTTY)) return console.log(HELP);
  const segmenter = new Segmenter(Tagger.fromBytes(read(values.model)));
  const print = (texts: readonly string[]): void => {
    for (const words of segmenter.segment(texts)) console.log(words.join(" "));
  };
  if (positionals.length > 0) return print(positionals);
  for await (const line of createInterface({ input: process.stdin })) print([line]);
}

function options() {
  const model = join(import.meta.dirname, "model", "segment.safetensors");
  return commandLine({
    allowPositionals: true,
    options: { model: { type: "string", default: model }, help: { type: "boolean", short: "h" } },
  });
}

function read(model: string): Uint8Array {
  try {
    return readFileSync(model);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new Complaint(`${model}: no such model; npm run train makes it, in some minutes`);
    throw new Complaint(`${model}: cannot be read (${code})`);
  }
}

run("segment", main);
