/** What `lstm-wasm/train` exports as `init`: first values of parameters, `torch.nn.init`. */
import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkFloat, checkObject, checkRate, checkSeed, checkWord } from "../checks/options.js";
import { Parameter } from "../parameters/parameter.js";
import { product } from "../tensor/elements.js";
import { fillNormal, Mt19937, randomSeed, uniform24 } from "../tensor/random.js";

/** What every drawing initialiser takes. */
export interface InitOptions {
  /** The same seed draws the same values; by chance without one. */
  seed?: number | undefined;
}

/** What the Xavier initialisers and `orthogonal` take. */
export interface GainOptions extends InitOptions {
  /** A factor; 1 by default. */
  gain?: number | undefined;
}

/** What the Kaiming initialisers take. */
export interface KaimingOptions extends InitOptions {
  /** The slope of a leaky ReLU below 0; 0 by default. */
  a?: number | undefined;
  /** Whether the size of the values ("fanIn", the default) or of the gradients ("fanOut") is kept. */
  mode?: "fanIn" | "fanOut" | undefined;
  /** What follows the weight; "leakyRelu" by default, as in PyTorch. */
  nonlinearity?: keyof typeof GAINS | undefined;
}

/** `torch.nn.init.calculate_gain`, but for the leaky ReLU's, which depends on its slope. */
const GAINS = { linear: 1, sigmoid: 1, tanh: 5 / 3, relu: Math.SQRT2, leakyRelu: Math.SQRT2 };

/** Uniform from `a` (0) to `b` (1), which is at least `a`: `uniform_`. */
export function uniform(
  parameter: Parameter,
  options: InitOptions & { a?: number | undefined; b?: number | undefined } = {},
): void {
  const given = checkObject("uniform", options, ["a", "b", "seed"]);
  const [a, b] = [checkFloat("a", given.a ?? 0), checkFloat("b", given.b ?? 1)];
  if (!(b >= a)) throw new LSTMError("OPTION", `b must be at least a. Expected ${a} or more, got ${b}`);
  checkFloat("b - a", b - a);
  drawUniform(parameter, a, b, given.seed);
}

/** Normal of mean `mean` (0) and deviation `std` (1): `normal_`. */
export function normal(
  parameter: Parameter,
  options: InitOptions & { mean?: number | undefined; std?: number | undefined } = {},
): void {
  const given = checkObject("normal", options, ["mean", "std", "seed"]);
  drawNormal(parameter, checkFloat("mean", given.mean ?? 0), checkRate("std", given.std ?? 1), given.seed);
}

/** One value everywhere: `constant_`. */
export function constant(parameter: Parameter, value: number): void {
  checkParameter(parameter).write(new Float32Array(product(parameter.shape)).fill(checkFloat("value", value)));
}

/** All zeros: `zeros_`. */
export const zeros = (parameter: Parameter): void => constant(parameter, 0);

/** All ones: `ones_`. */
export const ones = (parameter: Parameter): void => constant(parameter, 1);

/** Uniform within `gain sqrt(6 / (fanIn + fanOut))`: `xavier_uniform_` (Glorot and Bengio 2010). */
export function xavierUniform(parameter: Parameter, options: GainOptions = {}): void {
  const { gain, seed } = readGain("xavierUniform", options);
  const { fanIn, fanOut } = fans(parameter);
  const bound = Math.sqrt(3) * (gain * Math.sqrt(2 / (fanIn + fanOut)));
  drawUniform(parameter, -bound, bound, seed);
}

/** Normal of deviation `gain sqrt(2 / (fanIn + fanOut))`: `xavier_normal_`. */
export function xavierNormal(parameter: Parameter, options: GainOptions = {}): void {
  const { gain, seed } = readGain("xavierNormal", options);
  const { fanIn, fanOut } = fans(parameter);
  drawNormal(parameter, 0, gain * Math.sqrt(2 / (fanIn + fanOut)), seed);
}

/** Uniform within `gain sqrt(3 / fan)`: `kaiming_uniform_` (He et al. 2015). */
export function kaimingUniform(parameter: Parameter, options: KaimingOptions = {}): void {
  const { deviation, seed } = readKaiming("kaimingUniform", parameter, options);
  const bound = Math.sqrt(3) * deviation;
  drawUniform(parameter, -bound, bound, seed);
}

/** Normal of deviation `gain / sqrt(fan)`: `kaiming_normal_`. */
export function kaimingNormal(parameter: Parameter, options: KaimingOptions = {}): void {
  const { deviation, seed } = readKaiming("kaimingNormal", parameter, options);
  drawNormal(parameter, 0, deviation, seed);
}

/**
 * `gain` times a matrix whose rows, or columns if those are fewer, are orthonormal: `orthogonal_` (Saxe et al. 2013). The
 * factor Q of a normal matrix, its signs so that the diagonal of R is positive: Gram and Schmidt's, which makes them so.
 */
export function orthogonal(parameter: Parameter, options: GainOptions = {}): void {
  const { gain, seed } = readGain("orthogonal", options);
  const { fanIn: columns, fanOut: rows } = fans(parameter);
  const drawn = new Float32Array(rows * columns);
  fillNormal(generator(seed), drawn);
  const wide = rows < columns;
  const [count, length] = wide ? [rows, columns] : [columns, rows];
  const at = (vector: number, i: number) => (wide ? vector * columns + i : i * columns + vector);
  const basis: Float64Array[] = [];
  for (let v = 0; v < count; v++) {
    const vector = Float64Array.from({ length }, (_, i) => drawn[at(v, i)] as number);
    // Again if most of the vector went: what is left is then mostly what was rounded away.
    let [before, norm] = [Infinity, Math.sqrt(dot(vector, vector))];
    while (norm < before / 2) {
      before = norm;
      for (const other of basis) {
        const part = dot(vector, other);
        for (let i = 0; i < length; i++) vector[i] = (vector[i] as number) - part * (other[i] as number);
      }
      norm = Math.sqrt(dot(vector, vector));
    }
    basis.push(vector.map((x) => x / norm));
  }
  const values = new Float32Array(rows * columns);
  for (const [v, vector] of basis.entries())
    for (let i = 0; i < length; i++) values[at(v, i)] = gain * (vector[i] as number);
  parameter.write(values);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

const generator = (seed: unknown): Mt19937 => new Mt19937(checkSeed(seed) ?? randomSeed());

/**
 * PyTorch computes `u * range + low` in float32 with one rounding; u has 24 bits and the range as many, so float64 rounds
 * once, at the end. What rounds to `high`, which does not belong to the range, becomes `low`.
 */
function drawUniform(parameter: Parameter, low: number, high: number, seed: unknown): void {
  checkParameter(parameter);
  const random = generator(seed);
  const [from, to] = [Math.fround(low), Math.fround(high)];
  const range = Math.fround(to - from);
  const draw = () => {
    const value = Math.fround(uniform24(random) * range + from);
    return value === to ? from : value;
  };
  parameter.write(parameter.read().map(draw));
}

function drawNormal(parameter: Parameter, mean: number, std: number, seed: unknown): void {
  const values = checkParameter(parameter).read();
  fillNormal(generator(seed), values);
  parameter.write(values.map((value) => value * std + mean));
}

function readGain(owner: string, options: GainOptions) {
  const given = checkObject(owner, options, ["gain", "seed"]);
  return { gain: checkRate("gain", given.gain ?? 1), seed: given.seed };
}

function readKaiming(owner: string, parameter: Parameter, options: KaimingOptions) {
  const given = checkObject(owner, options, ["a", "mode", "nonlinearity", "seed"]);
  const { mode: fan = "fanIn", nonlinearity: name = "leakyRelu" } = given;
  const mode = checkWord("mode", fan, ["fanIn", "fanOut"]);
  const nonlinearity = checkWord("nonlinearity", name, Object.keys(GAINS) as (keyof typeof GAINS)[]);
  const slope = nonlinearity === "leakyRelu" ? checkFloat("a", given.a ?? 0) : 0;
  const gain = GAINS[nonlinearity] / Math.sqrt(1 + slope * slope);
  return { deviation: gain / Math.sqrt(fans(parameter)[mode]), seed: given.seed };
}

/** The columns and rows of a weight. */
function fans(parameter: Parameter): { fanIn: number; fanOut: number } {
  const { shape } = checkParameter(parameter);
  const [fanOut, fanIn] = shape;
  if (shape.length === 2 && fanOut !== undefined && fanIn !== undefined) return { fanIn, fanOut };
  throw new LSTMError("SHAPE_MISMATCH", `parameter: expected a matrix (rows, columns), got shape ${shapeText(shape)}`);
}

function checkParameter(parameter: unknown): Parameter {
  if (parameter instanceof Parameter) return parameter;
  throw mustBe("OPTION", "parameter", "a Parameter of this entry", parameter);
}
