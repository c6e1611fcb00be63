/** A sequence in .npy, block by block: each is given to the package's own reader with a header of its own. */
import { loadNpy } from "lstm-wasm/npy";
import { nameFile } from "../files.js";
import { Complaint } from "../terminal.js";
import type { Chunks } from "./chunks.js";
import { outerOf, type Sequence } from "./sequence.js";

/** Values that are read at a time, about. */
const BLOCK = 2 ** 16;

export async function npySequence(chunks: Chunks, inputSize: number): Promise<Sequence> {
  const { name } = chunks;
  await chunks.fill(12);
  const start = chunks.peek(12);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const begin = start.length < 12 ? 12 : start[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  await chunks.fill(Math.min(begin, 2 ** 16));
  const header = Buffer.from(chunks.peek(Math.min(begin, 2 ** 16))).toString("latin1");
  const [, type, itemSize] = /['"]descr['"]: *['"]([<>|=]?\w*?(\d+))['"]/.exec(header) ?? [];
  const sizes = /['"]shape['"]: *\(([\d, ]*)\)/.exec(header)?.[1];
  // In Fortran's order a row is complete only at the end of the file.
  if (type === undefined || sizes === undefined || !/['"]fortran_order['"]: *False/.test(header)) {
    const tensor = read(name, await chunks.rest());
    return { outer: outerOf(name, tensor.shape, inputSize), blocks: once(tensor.data) };
  }
  const shape = (sizes.match(/\d+/g) ?? []).map(Number);
  const outer = outerOf(name, shape, inputSize);
  const rows = shape.reduce((a, b) => a * b, 1) / inputSize;
  chunks.take(begin);
  return { outer, blocks: blocksOf(chunks, type, inputSize, Number(itemSize), rows) };
}

async function* blocksOf(
  chunks: Chunks,
  type: string,
  inputSize: number,
  itemSize: number,
  rows: number,
): AsyncGenerator<Float32Array> {
  const rowBytes = inputSize * itemSize;
  const rowsAtOnce = Math.max(1, Math.floor(BLOCK / inputSize));
  for (let row = 0; row < rows; ) {
    const count = Math.min(rowsAtOnce, rows - row);
    if ((await chunks.fill(count * rowBytes)) < count * rowBytes)
      throw new Complaint(`${chunks.name}: it ends before all of its ${rows} rows (a truncated file?)`);
    yield read(chunks.name, withHeader(type, count * inputSize, chunks.take(count * rowBytes))).data;
    row += count;
  }
  if ((await chunks.fill(1)) > 0) throw new Complaint(`${chunks.name}: it goes on after its ${rows} rows`);
}

function read(name: string, bytes: Uint8Array) {
  try {
    return loadNpy(bytes);
  } catch (error) {
    throw nameFile(name, error);
  }
}

/** These numbers as a file of one dimension. */
function withHeader(type: string, count: number, numbers: Uint8Array): Uint8Array {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${count},), }\n`;
  const start = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length, 0)}${header}`, "latin1");
  return Buffer.concat([start, numbers]);
}

async function* once(values: Float32Array): AsyncGenerator<Float32Array> {
  yield values;
}
