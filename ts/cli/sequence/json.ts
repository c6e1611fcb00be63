/** A sequence in JSON: an array of rows, or one row a line; or as a whole nested arrays with a batch, or a Tensor's JSON. */
import { Tensor } from "lstm-wasm";
import { nameFile } from "../files.js";
import { Complaint } from "../terminal.js";
import type { Chunks } from "./chunks.js";
import { MAX_ROW_CHARACTERS, outerOf, type Sequence } from "./sequence.js";

export async function jsonSequence(chunks: Chunks, inputSize: number): Promise<Sequence> {
  const start = await chunks.start(3);
  if (start.startsWith("{") || start === "[[[") return wholeSequence(chunks, inputSize);
  return { outer: [undefined], blocks: blocksOf(chunks, inputSize) };
}

async function wholeSequence(chunks: Chunks, inputSize: number): Promise<Sequence> {
  const { name } = chunks;
  let text = "";
  for await (const part of chunks.text()) text += part;
  let tensor: Tensor;
  try {
    const value = JSON.parse(text);
    const { data, shape } = value as { data: (number | string)[]; shape: number[] };
    tensor = Array.isArray(value) ? new Tensor(value) : new Tensor(Float32Array.from(data, Number), shape);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Complaint(`${name}: not valid JSON: ${error.message}`);
    if (error instanceof TypeError) throw new Complaint(`${name}: expected nested arrays, or { shape, data }`);
    throw nameFile(name, error);
  }
  const values = tensor.data;
  return { outer: outerOf(name, tensor.shape, inputSize), blocks: once(values) };
}

async function* once(values: Float32Array): AsyncGenerator<Float32Array> {
  yield values;
}

/** Each innermost array is a row; between rows stand commas, white space and the outer brackets. */
async function* blocksOf(chunks: Chunks, inputSize: number): AsyncGenerator<Float32Array> {
  const { name } = chunks;
  const rows = new Rows(name, inputSize);
  let left = "";
  for await (const text of chunks.text()) {
    left += text;
    const values: number[] = [];
    let end = 0;
    for (const match of left.matchAll(/\[[^[\]]*\]/g)) {
      rows.between(left.slice(end, match.index));
      for (const value of rows.next(match[0])) values.push(value);
      end = match.index + match[0].length;
    }
    left = left.slice(end);
    if (left.length > MAX_ROW_CHARACTERS) throw new Complaint(`${name}: row ${rows.count + 1} does not end`);
    yield Float32Array.from(values);
  }
  rows.end(left);
}

class Rows {
  count = 0;
  readonly #name: string;
  readonly #inputSize: number;
  /** How many brackets are open outside of rows. */
  #depth = 0;
  /** Whether the first row was an array alone, `[1, 2, 3]`: of a layer that reads one value, a whole sequence. */
  #alone = false;

  constructor(name: string, inputSize: number) {
    this.#name = name;
    this.#inputSize = inputSize;
  }

  /** Checks what stands between two rows. */
  between(text: string): void {
    const foreign = /[^\s,[\]]/.exec(text);
    if (foreign !== null) {
      const found = JSON.stringify(text.slice(foreign.index, foreign.index + 20));
      throw this.#complaint(`${found} stands where row ${this.count + 1} should begin`);
    }
    for (const letter of text) this.#depth += letter === "[" ? 1 : letter === "]" ? -1 : 0;
    if (this.#depth < 0 || this.#depth > 1) throw this.#complaint(`brackets do not match after row ${this.count}`);
  }

  /** The numbers of the next row. */
  next(text: string): number[] {
    this.count++;
    const row = this.#parsed(text);
    const values = row.map((value) => (/^(NaN|-?Infinity)$/.test(String(value)) ? Number(value) : value));
    const wrong = values.findIndex((value) => typeof value !== "number");
    if (wrong >= 0) {
      const found = JSON.stringify(row[wrong]);
      throw this.#complaint(`row ${this.count}, value ${wrong + 1}: ${found} is no number`);
    }
    const fits = values.length === this.#inputSize && !this.#alone;
    if (!fits && this.#inputSize === 1 && this.count === 1 && this.#depth === 0) this.#alone = true;
    else if (!fits) {
      throw this.#complaint(`row ${this.count} has ${values.length} values; the layer reads ${this.#inputSize}`);
    }
    return values as number[];
  }

  /** Checks what stands after the last row. */
  end(text: string): void {
    this.between(text);
    if (this.#depth !== 0) throw this.#complaint("it ends inside of an array (truncated?)");
    if (this.count === 0) throw this.#complaint("there is nothing to read, it has no numbers");
  }

  #parsed(text: string): unknown[] {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw this.#complaint(`row ${this.count}: not valid JSON: ${(error as Error).message}`);
    }
  }

  #complaint(why: string): Complaint {
    return new Complaint(`${this.#name}: ${why}`);
  }
}
