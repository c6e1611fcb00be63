/** Chains of modules of every kind, nested and with modules of one's own among them. */
import { LSTMError, type PackedSequence, packSequence, Tensor, type TensorInput } from "lstm-wasm";
import {
  Dropout,
  Embedding,
  LayerNorm,
  Linear,
  Module,
  Parameter,
  ReLU,
  Sequential,
  Sigmoid,
  Softmax,
  Tanh,
} from "lstm-wasm/nn";
import { stackOf } from "../support/cells.js";
import type { Draw } from "./draw.js";
import { type AnyModule, badTensor, type Kind, likeOutput, MISFIT, stackOptions } from "./kind.js";

/** A module of one's own: each column of its rows times a factor. */
class Scale extends Module {
  readonly factors: Parameter;
  readonly #waiting = new Map<object, { input: Float32Array; factors: Float32Array }>();

  constructor(columns: number) {
    super();
    this.factors = new Parameter(Float32Array.from({ length: columns }, (_, i) => 1 + i / 8));
  }

  forward(given: TensorInput): Tensor {
    const input = rowsOf(given);
    const factors = this.factors.data.slice();
    const output = new Tensor(
      input.data.map((value, i) => value * (factors[i % factors.length] as number)),
      input.shape,
    );
    if (this.training) this.#waiting.set(output, { input: input.data.slice(), factors });
    return output;
  }

  backward(given: TensorInput, { of }: { of: object }): Tensor {
    const gradOutput = rowsOf(given);
    const { input, factors } = this.#waiting.get(of) as { input: Float32Array; factors: Float32Array };
    if (gradOutput.data.length !== input.length) {
      throw new LSTMError("SHAPE_MISMATCH", "gradOutput must be shaped as the output");
    }
    this.#waiting.delete(of);
    const grad = this.factors.grad as Float32Array;
    for (const [i, d] of gradOutput.data.entries()) {
      const column = i % factors.length;
      grad[column] = (grad[column] as number) + d * (input[i] as number);
    }
    const slope = gradOutput.data.map((d, i) => d * (factors[i % factors.length] as number));
    return new Tensor(slope, gradOutput.shape);
  }

  override discardPending(): void {
    this.#waiting.clear();
  }
}

/** The tensor that an argument of one's own module stands for. */
function rowsOf(given: unknown): Tensor {
  if (given instanceof Tensor) return given;
  if (Array.isArray(given)) return new Tensor(given);
  const { data, shape, dims } = Object(given) as { data: Float32Array; shape?: number[]; dims?: number[] };
  if (shape === undefined && dims === undefined) throw new LSTMError("DTYPE", "input must be a tensor");
  return new Tensor(data, shape ?? dims);
}

/** A place in a chain: what stands there, and how many columns it gives on. */
interface Place {
  readonly name: string;
  readonly columns: number;
  make(): AnyModule;
}

const as = (module: unknown) => module as AnyModule;

/** A module that takes rows of so many columns. Layers of one chain have the same batchFirst. */
function place(draw: Draw, columns: number, depth: number, batchFirst: boolean): Place {
  const seed = draw.seed();
  return draw.pick<() => Place>([
    () => {
      const options = { ...stackOptions(draw), inputSize: columns, batchFirst };
      const width = (options.projSize || options.hiddenSize) * (options.bidirectional ? 2 : 1);
      return { name: options.mode, columns: width, make: () => as(stackOf(options)) };
    },
    () => {
      const outFeatures = draw.int(1, 6);
      const bias = draw.chance(0.7);
      const make = () => as(new Linear({ inFeatures: columns, outFeatures, bias, seed }));
      return { name: "Linear", columns: outFeatures, make };
    },
    () => {
      const p = draw.pick([0, 0.3, 1]);
      return { name: `Dropout(${p})`, columns, make: () => as(new Dropout({ p, seed })) };
    },
    () => ({ name: "ReLU", columns, make: () => as(new ReLU()) }),
    () => ({ name: "Tanh", columns, make: () => as(new Tanh()) }),
    () => ({ name: "Sigmoid", columns, make: () => as(new Sigmoid()) }),
    () => ({ name: "Softmax", columns, make: () => as(new Softmax()) }),
    () => {
      const options = { normalizedShape: columns, elementwiseAffine: draw.chance(0.8), bias: draw.chance(0.7) };
      return { name: "LayerNorm", columns, make: () => as(new LayerNorm(options)) };
    },
    () => ({ name: "Scale", columns, make: () => as(new Scale(columns)) }),
    () => (depth > 1 ? place(draw, columns, depth, batchFirst) : nested(draw, columns, depth + 1, batchFirst)),
  ])();
}

/** Some modules as one. */
function nested(draw: Draw, columns: number, depth: number, batchFirst: boolean): Place {
  const places = line(draw, columns, depth, batchFirst);
  return {
    name: `[${places.map(({ name }) => name)}]`,
    columns: (places.at(-1) as Place).columns,
    make: () => as(new Sequential(places.map(({ make }) => make()))),
  };
}

function line(draw: Draw, columns: number, depth: number, batchFirst: boolean): Place[] {
  const places: Place[] = [];
  for (let count = draw.int(1, 4); count > 0; count--)
    places.push(place(draw, places.at(-1)?.columns ?? columns, depth, batchFirst));
  return places;
}

/** A Sequential, or at times one of its modules alone. */
export function chainKind(draw: Draw): Kind {
  const [inputs, count] = [draw.int(1, 6), draw.int(1, 8)];
  const embeds = draw.chance(0.3);
  const places = line(draw, inputs, 0, draw.chance(0.3));
  const columns = (places.at(-1) as Place).columns;
  const broken = draw.chance(0.08);
  const seed = draw.seed();
  if (embeds) {
    const paddingIdx = draw.chance(0.5) ? draw.int(0, count - 1) : undefined;
    const options = { numEmbeddings: count, embeddingDim: inputs, paddingIdx, seed };
    places.unshift({ name: "Embedding", columns: inputs, make: () => as(new Embedding(options)) });
  }
  if (broken) {
    const make = () => as(new Linear({ inFeatures: columns + 1, outFeatures: 2, seed }));
    places.push({ name: "misfit", columns: 2, make });
  }
  const recurrent = places.some(({ name }) => /LSTM|GRU|RNN/.test(name));
  const [only] = places;
  const alone = places.length === 1 && only !== undefined && !/LSTM|GRU|RNN|\[|Scale/.test(only.name);
  const shape = (by: Draw): number[] => {
    const least = by.chance(0.1) ? 0 : 1;
    if (recurrent) return [by.int(least, 5), by.int(least, 4)].slice(by.int(0, 1));
    return Array.from({ length: by.int(1, 3) }, () => by.int(least, 3));
  };
  const indices = (by: Draw) => {
    const leading = shape(by);
    const data = Int32Array.from({ length: leading.reduce((x, y) => x * y, 1) }, () => by.int(0, count - 1));
    return { data, shape: leading };
  };
  const packedIndices = (by: Draw) => {
    const lengths = Array.from({ length: by.int(1, 4) }, () => by.int(0, 4));
    const sequences = lengths.map((length) => Int32Array.from({ length }, () => by.int(0, count - 1)));
    return packSequence(sequences, { enforceSorted: false });
  };
  return {
    name: `${alone ? "" : "Sequential"}(${inputs} > ${places.map(({ name }) => name).join(" > ")})`,
    broken,
    make: () => (alone ? only.make() : as(new Sequential(places.map(({ make }) => make())))),
    inputs(by) {
      if (embeds) return [by.chance(0.25) ? packedIndices(by) : indices(by)];
      if (!alone && by.chance(0.25)) return [by.packed(by.int(1, 4), by.int(1, 4), inputs)];
      return [by.tensor([...shape(by), inputs], by.chance(0.05))];
    },
    badInputs(by) {
      if (embeds) {
        const bad = by.pick([
          [count],
          [-1],
          [0.5],
          [NaN],
          ["0"],
          [[0], 0],
          new Float32Array(1),
          by.nonsense(),
          [2 ** 31],
        ]);
        return { what: "no indices", args: [bad], codes: ["OPTION", "DTYPE", "SHAPE_MISMATCH"] };
      }
      const elementwise = !/LSTM|GRU|RNN|Linear|LayerNorm/.test(places.map(({ name }) => name).join());
      if (elementwise)
        return { what: "no tensor", args: [{ data: new Float64Array(1), shape: [1] }], codes: ["DTYPE"] };
      return badTensor(by, [2, inputs]);
    },
    gradients: (by, result) => [likeOutput(by, result as Tensor | PackedSequence)],
    badGradients: () => ({ what: "a misfit", args: [MISFIT], codes: ["DTYPE", "SHAPE_MISMATCH"] }),
    nameOf: (result) => result as object,
    backward: (module, [gradient], of) => module.backward(gradient, of && { of }),
  };
}
