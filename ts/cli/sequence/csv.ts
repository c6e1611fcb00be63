/** A sequence in CSV: one row of numbers for each step, perhaps under a row of headings, as NumPy's savetxt writes them too. */
import Papa from "papaparse";
import { Complaint } from "../terminal.js";
import type { Chunks } from "./chunks.js";
import { MAX_ROW_CHARACTERS, type Sequence } from "./sequence.js";

export const csvSequence = (chunks: Chunks, inputSize: number): Sequence => ({
  outer: [undefined],
  blocks: blocksOf(chunks, inputSize),
});

async function* blocksOf(chunks: Chunks, inputSize: number): AsyncGenerator<Float32Array> {
  const rows = new Rows(chunks.name, inputSize);
  let left = "";
  for await (const text of chunks.text()) {
    left += text;
    const end = left.lastIndexOf("\n") + 1;
    if (left.length - end > MAX_ROW_CHARACTERS) throw new Complaint(`${chunks.name}: neither CSV, JSON nor .npy`);
    if (end === 0) continue;
    yield rows.numbers(left.slice(0, end));
    left = left.slice(end);
  }
  yield rows.numbers(left);
  if (rows.count === 0) throw new Complaint(`${chunks.name}: there is nothing to read, it has no numbers`);
}

class Rows {
  /** How many rows of numbers there were. */
  count = 0;
  readonly #name: string;
  readonly #inputSize: number;
  #delimiter: string | undefined;
  /** How many rows there were in all, of headings too. */
  #row = 0;

  constructor(name: string, inputSize: number) {
    this.#name = name;
    this.#inputSize = inputSize;
  }

  /** The numbers in some whole lines. */
  numbers(text: string): Float32Array {
    const { data, meta } = Papa.parse<string[]>(text, {
      comments: "#",
      skipEmptyLines: "greedy",
      delimiter: this.#delimiter ?? "",
      delimitersToGuess: [",", ";", "\t", " "],
    });
    if (data.length > 0) this.#delimiter ??= this.#inputSize === 1 ? "," : meta.delimiter;
    const values = new Float32Array(data.length * this.#inputSize);
    let at = 0;
    for (const row of data) {
      this.#row++;
      const fields = this.#delimiter === " " ? row.filter((field) => field !== "") : row;
      const numbers = fields.map(numberOf);
      if (this.count === 0 && this.#row === 1 && numbers.every((one) => one === undefined)) continue; // headings
      this.#check(fields, numbers);
      values.set(numbers as number[], at);
      at += this.#inputSize;
      this.count++;
    }
    return values.subarray(0, at);
  }

  #check(fields: readonly string[], numbers: readonly (number | undefined)[]): void {
    const where = `${this.#name}: row ${this.#row}`;
    const wrong = numbers.indexOf(undefined);
    if (wrong >= 0) {
      throw new Complaint(`${where}, column ${wrong + 1}: ${JSON.stringify(fields[wrong])} is no number`);
    }
    if (numbers.length !== this.#inputSize)
      throw new Complaint(`${where} has ${numbers.length} values; the layer reads ${this.#inputSize}`);
  }
}

const NAMED: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
};

/** The number that a field is, undefined if it is none. */
function numberOf(field: string): number | undefined {
  const text = field.trim();
  const [, sign, name = ""] = /^([+-]?)([a-z]+)$/i.exec(text) ?? [];
  if (name !== "") {
    const named = Object.hasOwn(NAMED, name.toLowerCase()) ? NAMED[name.toLowerCase()] : undefined;
    return named === undefined || sign !== "-" ? named : -named;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
