/** The outputs of a layer over a sequence: step by step in bounded memory, or as a whole where a layer needs it. */
import type { GRU, LSTM, RNN } from "lstm-wasm";
import { Tensor } from "lstm-wasm";
import type { Layer } from "./model.js";
import type { Sequence } from "./sequence/sequence.js";
import { Complaint } from "./terminal.js";

/** How many numbers, of the input or of the output, a piece has at most, about. */
const AT_ONCE = 2 ** 17;

/** A module of any of the three kinds. */
interface AnyModule {
  forward(...call: Call): [output: Tensor, state: unknown];
  stream(options: { batchSize: number }): AnyStream;
}

/** As `forward` takes them: a state is h, or h and c. */
type Call = readonly [input: Tensor, state: Tensor | readonly [h: Tensor, c: Tensor] | null];

interface AnyStream {
  run(xs: Tensor): Tensor;
  state: unknown;
  reset(): void;
  dispose(): void;
}

/** How many values come out for each row. */
export function outputSize({ options }: Layer): number {
  return (options.projSize ?? options.hiddenSize) * (options.bidirectional ? 2 : 1);
}

/** Pieces of the output, row-major, in the order of the input. */
export function outputs(layer: Layer, module: LSTM | GRU | RNN, sequence: Sequence): AsyncGenerator<Float32Array> {
  const any = module as unknown as AnyModule;
  return layer.options.bidirectional || layer.backwards ? whole(layer, any, sequence) : streamed(layer, any, sequence);
}

async function* streamed(layer: Layer, module: AnyModule, { outer, blocks }: Sequence): AsyncGenerator<Float32Array> {
  const { batchFirst, inputSize } = layer.options;
  // With the batch first, the sequences lie one after the other.
  const oneByOne = batchFirst && outer.length === 2;
  const batch = outer.length === 2 && !oneByOne ? outer[1] : 1;
  const length = oneByOne ? outer[1] : Number.POSITIVE_INFINITY;
  const stepSize = batch * inputSize;
  const most = Math.max(1, Math.floor(AT_ONCE / Math.max(stepSize, batch * outputSize(layer))));
  if (batch === 0) return;
  const stream = module.stream({ batchSize: batch });
  try {
    const start = startOf(layer, oneByOne ? outer[0] : batch);
    let [sequence, step] = [0, 0];
    const begin = () => {
      if (start === undefined) stream.reset();
      else stream.state = oneByOne ? select(start, sequence) : start;
    };
    begin();
    let left = new Float32Array(0);
    for await (const block of blocks) {
      const values = left.length === 0 ? block : joined([left, block]);
      let at = 0;
      for (;;) {
        const steps = Math.min(most, length - step, Math.floor((values.length - at) / stepSize));
        if (steps === 0) break;
        const input = values.slice(at, at + steps * stepSize);
        yield stream.run(new Tensor(input, [steps, batch, inputSize])).data;
        at += input.length;
        step += steps;
        if (step === length) {
          [sequence, step] = [sequence + 1, 0];
          if (sequence < (outer[0] as number)) begin();
        }
      }
      left = values.slice(at);
    }
  } finally {
    stream.dispose();
  }
}

async function* whole(layer: Layer, module: AnyModule, sequence: Sequence): AsyncGenerator<Float32Array> {
  const called = await callOf(layer, sequence);
  if (called === undefined) return;
  const [output] = module.forward(...called);
  const { data } = layer.backwards === "inputs" ? flipped(output, timeOf(layer, sequence)) : output;
  const piece = Math.max(1, Math.floor(AT_ONCE / outputSize(layer))) * outputSize(layer);
  for (let at = 0; at < data.length; at += piece) yield data.subarray(at, at + piece);
}

/** What the layer's `forward` is called with for all of a sequence; undefined if that has no rows. */
export async function callOf(layer: Layer, sequence: Sequence): Promise<Call | undefined> {
  const { inputSize } = layer.options;
  const { outer, blocks } = sequence;
  const pieces: Float32Array[] = [];
  for await (const block of blocks) pieces.push(block);
  const values = joined(pieces);
  const shape = outer.length === 2 ? [...outer, inputSize] : [values.length / inputSize, inputSize];
  if (values.length === 0) return undefined;
  const time = timeOf(layer, sequence);
  const input = new Tensor(values, shape);
  const batch = outer.length === 2 ? outer[1 - time] : 1;
  const state = startOf(layer, batch as number);
  return [layer.backwards ? flipped(input, time) : input, asArgument(state, outer.length === 1)];
}

/** Which dimension has the steps. */
const timeOf = ({ options }: Layer, { outer }: Sequence) => (options.batchFirst && outer.length === 2 ? 1 : 0);

/** A sentence about a batch that was read with time first, which not every program writes. */
export function orderTold({ options: { batchFirst, inputSize } }: Layer, { outer }: Sequence): string | undefined {
  if (outer.length === 1 || batchFirst) return undefined;
  return `the input of shape (${[...outer, inputSize].join(", ")}) was read as (seq, batch, input)`;
}

function joined(pieces: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  let all: Float32Array<ArrayBuffer>;
  try {
    all = new Float32Array(size);
  } catch {
    throw new Complaint(`all of the sequence is needed at once, and ${size} numbers do not fit in memory`);
  }
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The tensor with its steps in the other order. */
function flipped({ data, shape }: Tensor, time: number): Tensor {
  const steps = shape[time] as number;
  const inner = shape.slice(time + 1).reduce((a, b) => a * b, 1);
  const turned = new Float32Array(data.length);
  for (let row = 0; row * inner < data.length; row++) {
    const step = row % steps;
    turned.set(data.subarray(row * inner, (row + 1) * inner), (row - step + (steps - 1 - step)) * inner);
  }
  return new Tensor(turned, shape);
}

type State = Readonly<Record<string, Tensor>>;

/** The state that the file says a batch of this size starts from. A state for one sequence does for each. */
function startOf({ name, state }: Layer, batch: number): State | undefined {
  if (state === undefined) return undefined;
  const fitted = Object.entries(state).map(([part, tensor]): [string, Tensor] => {
    const [layers = 0, own = 0, columns = 0] = tensor.shape;
    if (own === batch) return [part, tensor];
    if (own !== 1) {
      throw new Complaint(
        `the layer ${JSON.stringify(name)} starts from states of a batch of ${own}, got a batch of ${batch}`,
      );
    }
    const data = new Float32Array(layers * batch * columns);
    for (let row = 0; row < layers * batch; row++) {
      const from = Math.floor(row / batch) * columns;
      data.set(tensor.data.subarray(from, from + columns), row * columns);
    }
    return [part, new Tensor(data, [layers, batch, columns])];
  });
  return Object.fromEntries(fitted);
}

/** The state of one sequence of a batch. */
const select = (state: State, sequence: number): State =>
  Object.fromEntries(Object.entries(state).map(([part, tensor]) => [part, tensor.slice(1, sequence, sequence + 1)]));

/** As `forward` takes a state. */
function asArgument(state: State | undefined, unbatched: boolean): Call[1] {
  const [h, c] = ["h", "c"].map((part) => (unbatched ? state?.[part]?.select(1, 0) : state?.[part]));
  if (h === undefined) return null;
  return c === undefined ? h : [h, c];
}
