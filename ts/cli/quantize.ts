/** `lstm-wasm convert --weights`: integers in place of a file's recurrent weights, and how far the outputs then are off. */
import type { GRU, LSTM, RNN } from "lstm-wasm";
import { Tensor } from "lstm-wasm";
import { calibrate, quantize, type Sample } from "lstm-wasm/nn";
import { callOf, orderTold, outputs } from "./compute.js";
import { nameFile } from "./files.js";
import type { Tensors } from "./layers.js";
import type { Layer } from "./model.js";
import { openSequence, type Sequence } from "./sequence/sequence.js";
import { fileSource } from "./source.js";
import { Complaint } from "./terminal.js";

/** Steps of the random input. */
const STEPS = 1000;

/** What `convert` was asked for. */
export interface Narrowing {
  readonly weights: "int8" | "int16";
  /** A file of the layer's input, over which errors are measured: without it over the samples, or random numbers. */
  readonly input: string | undefined;
  /** A file of samples of the layer's input, which the weights are calibrated on. */
  readonly samples: string | undefined;
}

/**
 * The tensors with integer weights in the layers, and for each layer a sentence about its error.
 *
 * @param nameOf the name among the tensors of a layer's parameter
 */
export async function quantized(
  tensors: Readonly<Tensors>,
  layers: readonly Layer[],
  nameOf: (layer: Layer, own: string) => string,
  { weights, input: tried, samples }: Narrowing,
): Promise<{ tensors: Tensors; told: string[] }> {
  for (const [option, file] of Object.entries({ calibrate: samples, input: tried })) {
    if (file === undefined || layers.length === 1) continue;
    throw new Complaint(`--${option} is for one layer: choose it with --layer or --prefix`, 2);
  }
  const replaced: Tensors = Object.assign(Object.create(null), tensors);
  const told = new Set<string>();
  const measured = tried ?? samples;
  for (const layer of layers) {
    const open = async (file: string) => {
      const sequence = await openSequence(fileSource(file), layer.options.inputSize);
      const order = orderTold(layer, sequence);
      if (order !== undefined) told.add(`${file}: ${order}`);
      return sequence;
    };
    const exact = layer.create();
    const errorOf = async (narrow: LSTM | GRU | RNN) => {
      const input = async () => (measured === undefined ? random(layer) : open(measured));
      const error = largestDifference(outputs(layer, exact, await input()), outputs(layer, narrow, await input()));
      return (await error).toPrecision(2);
    };
    const nearest = quantize(exact, { weights });
    const narrow =
      samples === undefined ? nearest : calibrated(exact, samples, await callOf(layer, await open(samples)));
    for (const [own, tensor] of Object.entries(narrow.stateDict())) replaced[nameOf(layer, own)] = tensor;
    const what = layer.name === "" ? "" : `${layer.name}: `;
    const without = narrow === nearest ? "" : `, without --calibrate by ${await errorOf(nearest)}`;
    const of = measured ?? `${STEPS} steps of random input`;
    told.add(`${what}${weights} weights change the output by at most ${await errorOf(narrow)}${without} (${of})`);
    for (const module of [exact, nearest, narrow]) module.dispose();
  }
  return { tensors: replaced, told: [...told] };
}

function calibrated(exact: LSTM | GRU | RNN, file: string, sample: Sample | undefined): LSTM | GRU | RNN {
  if (sample === undefined) throw new Complaint(`${file}: it has no rows to calibrate on`);
  try {
    return calibrate(exact, [sample]);
  } catch (error) {
    throw nameFile(file, error);
  }
}

/** Both are read in step, so that a long input takes no memory: the same input is cut into the same pieces. */
async function largestDifference(
  some: AsyncGenerator<Float32Array>,
  others: AsyncGenerator<Float32Array>,
): Promise<number> {
  let largest = 0;
  for await (const piece of some) {
    const { value: other } = (await others.next()) as { value: Float32Array };
    for (const [at, value] of piece.entries()) {
      const difference = Math.abs(value - (other[at] as number));
      if (!(difference <= largest)) largest = difference; // NaN stays
    }
  }
  await others.return(undefined);
  return largest;
}

/** Normal numbers, the same each time. */
function random({ options: { inputSize } }: Layer): Sequence {
  async function* blocks() {
    yield Tensor.randn([STEPS, inputSize], { seed: 0 }).data;
  }
  return { outer: [STEPS], blocks: blocks() };
}
