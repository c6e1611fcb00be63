/** Cuts Chinese text into words: `npm run segment -- 我爱中国`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Complaint } from "./complaint.js";
import { Segmenter } from "./segmenter.js";
import { Tagger } from "./tagger.js";

const HELP = `Cuts Chinese text into words, with the model that npm run train made.

  npm run segment -- 我爱中国 银行很远     cuts these texts
  npm run segment < novel.txt           cuts standard input, line by line

  --model FILE   the model (examples/segment/model/segment.safetensors)
  --help         this text`;

async function main(): Promise<void> {
  const { values, positionals } = commandLine();
  if (values.help || (positionals.length === 0 && process.stdin.isTTY)) return console.log(HELP);
  const segmenter = new Segmenter(Tagger.fromBytes(read(values.model)));
  const print = (texts: readonly string[]): void => {
    for (const words of segmenter.segment(texts)) console.log(words.join(" "));
  };
  if (positionals.length > 0) return print(positionals);
  for await (const line of createInterface({ input: process.stdin })) print([line]);
}

function commandLine() {
  const model = join(import.meta.dirname, "model", "segment.safetensors");
  try {
    return parseArgs({
      allowPositionals: true,
      options: { model: { type: "string", default: model }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    const [reason = ""] = (error as Error).message.split(/\.(?=\s|$)|\n/);
    throw new Complaint(`${reason} (--help lists the options)`, 2);
  }
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

function fail(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code === "EPIPE") process.exit(0); // `| head` has seen enough
  console.error(error instanceof Complaint ? `segment: ${error.message}` : error);
  process.exitCode = error instanceof Complaint ? error.exitCode : 1;
}

process.stdout.on("error", fail);
main().catch(fail);
