/** Says how English words sound: `npm run phonemes`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Complaint, commandLine, print, run } from "../terminal.js";
import { Phonemes, wordsOf } from "./phonemes.js";

const HELP = `Prints the phonemes of English words, one word a line, in ARPAbet: vowels end in 1 or 2 where they are stressed,
in 0 where they are not.

  npm run phonemes                          some words that no dictionary has
  npm run phonemes -- "any English words"   these

  -j, --json   one JSON object a line: { word, phonemes }
  -h, --help   this text
`;

const SAMPLE = "Activationists podcasting about typescript and webassembly";

async function main(): Promise<void> {
  const { values, positionals } = commandLine({
    allowPositionals: true,
    options: { json: { type: "boolean", short: "j" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return print(HELP);
  const text = positionals.length > 0 ? positionals.join(" ") : SAMPLE;
  const [digits] = text.match(/\d+/) ?? [];
  if (digits !== undefined) throw new Complaint(`write numbers as words: ${digits}`, 2);
  const words = wordsOf(text);
  if (words.length === 0) throw new Complaint("there is no English word to read", 2);

  const started = performance.now();
  const phonemes = new Phonemes(readFileSync(join(import.meta.dirname, "data/g2p.safetensors")));
  const loaded = performance.now();
  const width = Math.max(...words.map((word) => word.length));
  for (const word of words) {
    const found = phonemes.read(word);
    await print(
      `${values.json ? JSON.stringify({ word, phonemes: found }) : `${word.padEnd(width)}  ${found.join(" ")}`}\n`,
    );
  }
  const milliseconds = (performance.now() - loaded).toFixed(1);
  const count = words.length === 1 ? "1 word" : `${words.length} words`;
  console.error(`Read ${count} in ${milliseconds} ms; the model loaded in ${(loaded - started).toFixed(0)} ms.`);
  phonemes.dispose();
}

run("phonemes", main);
