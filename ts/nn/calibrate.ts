import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import type { Module } from "../parameters/module.js";
import { suffixOf } from "../recurrent/cells.js";
import { RecurrentStack } from "../recurrent/recurrent-stack.js";
import type { StateInput } from "../recurrent/results.js";
import { PackedSequence } from "../tensor/packed-sequence.js";
import { asTensor, type Tensor, type TensorInput } from "../tensor/tensor.js";
import { largestMagnitude } from "../wasm/narrow.js";
import { dequantize, nameOf, quantize } from "./quantize.js";

/** What `forward` is called with: the input and, where layers go on from a state, that. */
export type Sample = readonly [input: TensorInput | PackedSequence, state?: StateInput | StateInput<"h"> | null];

/** The largest integer of int8. */
const LEVEL = 127;
/** What is added to the variance of each input, as a part of their mean: samples do not show all that may come. */
const DAMPING = 0.1;

/**
 * The same layers with int8 weights, as `quantize` makes them, but nearer to float32 on inputs whose values go together, as in
 * the samples: each weight is rounded so that it makes up for what the rounding of others changed in the product of their row.
 * Size, speed and bits are as with `quantize`. What this takes grows with the samples' rows and the square of the layers' widths:
 * a second at 256.
 *
 * The weights of a projection, `weight_hr`, are rounded as by `quantize`.
 *
 * @param module an LSTM, GRU or RNN; it stays as it is
 * @param samples what its `forward` is called with in earnest, some hundred rows at least: `[[input], [input, state]]`
 * @throws LSTMError `OPTION` for another module, for samples without rows, and for inputs or h that are not finite; what
 *   `forward` throws, with the sample's name in front
 */
export function calibrate<M extends Module>(module: M, samples: Iterable<Sample>): M {
  if (!(module instanceof RecurrentStack)) {
    throw new LSTMError("OPTION", `module must be an LSTM, GRU or RNN, got ${nameOf(module)}`);
  }
  const all = checkSamples(samples);
  const float = dequantize(module);
  try {
    const moments = new Map<string, Float64Array>();
    const values = all.map((sample, index) => observe(`samples[${index}]`, module, sample, moments));
    if (!values.some((count) => count > 0)) throw new LSTMError("OPTION", "samples must have rows, got none");
    const dict = float.stateDict();
    for (const [name, seen] of moments) round(dict[name] as Tensor, followers(seen));
    float.loadStateDict(dict);
    return quantize(float, { weights: "int8" });
  } finally {
    float.dispose();
  }
}

function checkSamples(samples: unknown): readonly Sample[] {
  const all = Symbol.iterator in Object(samples) ? [...(samples as Iterable<unknown>)] : [];
  if (all.length === 0) throw mustBe("OPTION", "samples", "an array of [input, state]", samples);
  for (const [index, sample] of all.entries()) {
    if (!Array.isArray(sample)) throw mustBe("OPTION", `samples[${index}]`, "an array, [input, state]", sample);
  }
  return all as Sample[];
}

/** h of each layer and direction. */
type Outputs = readonly { readonly layer: number; readonly direction: string; readonly h: Tensor }[];
/** What is asked of layers of any cell. */
interface Layers {
  trace(...sample: [...Sample, { readonly only: readonly ["h"] }]): { readonly layers: Outputs };
}

function traced(name: string, module: object, ...[input, state]: Sample): Outputs {
  try {
    return (module as Layers).trace(input, state, { only: ["h"] }).layers;
  } catch (error) {
    if (!(error instanceof LSTMError)) throw error;
    throw new LSTMError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}

/** What is not finite, if anything is. */
const oddOf = (values: Float32Array): number | undefined => values.find((value) => !Number.isFinite(value));

/** Refuses a sample with, or of which the layers make, what has no finite moments; a parameter may be the reason. */
function checkFinite(name: string, module: Module, input: Float32Array, layers: Outputs): void {
  const odd = oddOf(input);
  if (odd !== undefined) throw mustBe("OPTION", name, "finite", odd);
  const output = layers.map(({ h }) => oddOf(h.data)).find((value) => value !== undefined);
  if (output === undefined) return;
  const [reason = ""] = Object.entries(module.stateDict())
    .filter(([, { data }]) => oddOf(data) !== undefined)
    .map(([parameter, { data }]) => `; ${parameter} has ${oddOf(data)}`);
  throw new LSTMError("OPTION", `${name} must give finite h, got ${output}${reason}`);
}

/**
 * Adds the second moments of what each weight is multiplied with: of each pair of columns, the sum of their products.
 *
 * @param name of the sample, for errors
 * @returns how many values the input has
 */
function observe(name: string, module: Module, [input, state]: Sample, moments: Map<string, Float64Array>): number {
  const layers = traced(name, module, input, state);
  const { data, shape } = input instanceof PackedSequence ? input.data : asTensor("input", input);
  checkFinite(name, module, data, layers);
  let x = { values: data, width: shape.at(-1) as number };
  for (let layer = 0; ; layer++) {
    const outputs = layers.filter((one) => one.layer === layer).map(({ h }) => h);
    const [first] = outputs;
    if (first === undefined) return data.length;
    const width = first.shape.at(-1) as number;
    for (const [direction, { data: values }] of outputs.entries()) {
      add(moments, `weight_ih${suffixOf(layer, direction)}`, x.values, x.width);
      // h(t) of all steps stands for h(t-1).
      add(moments, `weight_hh${suffixOf(layer, direction)}`, values, width);
    }
    x = beside(outputs, width);
  }
}

/** The rows of both directions side by side. */
function beside(outputs: readonly Tensor[], width: number): { values: Float32Array<ArrayBuffer>; width: number } {
  const all = outputs.length * width;
  const values = new Float32Array(outputs.reduce((size, { data }) => size + data.length, 0));
  for (const [place, { data }] of outputs.entries()) {
    for (let from = 0, to = place * width; from < data.length; from += width, to += all) {
      values.set(data.subarray(from, from + width), to);
    }
  }
  return { values, width: all };
}

function add(moments: Map<string, Float64Array>, name: string, values: Float32Array, width: number): void {
  const sums = moments.get(name) ?? new Float64Array(width * width);
  moments.set(name, sums);
  for (let row = 0; row < values.length; row += width) {
    for (let i = 0; i < width; i++) {
      const value = values[row + i] as number;
      if (value === 0) continue;
      for (let j = 0; j <= i; j++) (sums[i * width + j] as number) += value * (values[row + j] as number);
    }
  }
}

/**
 * How much of the error of each later column a column takes over: row i, column j > i. From L Lᵀ, the moments by Cholesky:
 * the energy of a row's errors e is |Lᵀ e|², and the part of it that begins with column i is least at e_i = -Σ_j e_j L_ji / L_ii.
 */
function followers(moments: Float64Array): Float64Array {
  const width = Math.sqrt(moments.length);
  const at = (i: number, j: number) => moments[i * width + j] as number;
  let trace = 0;
  for (let i = 0; i < width; i++) trace += at(i, i);
  for (let i = 0; i < width; i++) (moments[i * width + i] as number) += (DAMPING * trace) / width || 1;
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      moments[i * width + j] = i === j ? Math.sqrt(sum) : sum / at(j, j);
    }
  }
  for (let i = 0; i < width; i++) {
    for (let j = i + 1; j < width; j++) moments[i * width + j] = at(j, i) / at(i, i);
  }
  return moments;
}

/** Makes each row of a weight multiples of its scale, which `quantize` then finds again, from the last column to the first. */
function round({ data, shape }: Tensor, follow: Float64Array): void {
  const width = shape[1] as number;
  const errors = new Float64Array(width);
  for (let row = 0; row < data.length; row += width) {
    const weights = data.subarray(row, row + width);
    const largest = largestMagnitude(weights);
    const scale = Math.fround(largest / LEVEL);
    // A row of zeros stays what it is. Of one with an infinity quantize makes NaN, whatever is written here.
    if (scale <= 2 ** -100) continue;
    for (let i = width - 1; i >= 0; i--) {
      const weight = weights[i] as number;
      let wanted = weight;
      for (let j = i + 1; j < width; j++) wanted += (errors[j] as number) * (follow[i * width + j] as number);
      // The largest weight makes the scale.
      const fixed = Math.abs(weight) === largest;
      const integer = Math.max(-LEVEL, Math.min(LEVEL, Math.round(wanted / scale)));
      const rounded = fixed ? weight : integer * scale;
      weights[i] = rounded;
      errors[i] = weight - rounded;
    }
  }
}
