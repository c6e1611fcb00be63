/** `lstm-wasm convert --weights`: integers in place of a file's recurrent weights, and how far the outputs then are off. */
import { Tensor } from "lstm-wasm";
import { quantize } from "lstm-wasm/nn";
import { outputs } from "./compute.js";
import type { Tensors } from "./layers.js";
import type { Layer } from "./model.js";
import { openSequence, type Sequence } from "./sequence/sequence.js";
import { fileSource } from "./source.js";
import { Complaint } from "./terminal.js";

/** Steps of the random input. */
const STEPS = 1000;

/**
 * The tensors with integer weights in the layers, and for each layer a sentence about its error.
 *
 * @param nameOf the name among the tensors of a layer's parameter
 * @param input a file of the layer's input; random numbers without
 */
export async function quantized(
  tensors: Readonly<Tensors>,
  layers: readonly Layer[],
  nameOf: (layer: Layer, own: string) => string,
  weights: "int8" | "int16",
  input: string | undefined,
): Promise<{ tensors: Tensors; told: string[] }> {
  if (input !== undefined && layers.length > 1) {
    throw new Complaint("--input is for one layer: choose it with --layer or --prefix", 2);
  }
  const replaced: Tensors = Object.assign(Object.create(null), tensors);
  const told: string[] = [];
  for (const layer of layers) {
    const exact = layer.create();
    const narrow = quantize(exact, { weights });
    for (const [own, tensor] of Object.entries(narrow.stateDict())) replaced[nameOf(layer, own)] = tensor;
    const open = () => (input === undefined ? random(layer) : openSequence(fileSource(input), layer.options.inputSize));
    const error = await largestDifference(outputs(layer, exact, await open()), outputs(layer, narrow, await open()));
    const of = input === undefined ? `${STEPS} steps of random input` : input;
    const what = layer.name === "" ? "" : `${layer.name}: `;
    told.push(`${what}${weights} weights change the output by at most ${error.toPrecision(2)} (${of})`);
    exact.dispose();
    narrow.dispose();
  }
  return { tensors: replaced, told };
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
