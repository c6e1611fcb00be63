/** A whole model of Keras that is a chain: it gives Keras's outputs, masks, merges and states included. */
import { describe, shapeText } from "../../checks/describe.js";
import { LSTMError } from "../../checks/errors.js";
import { ReLU, Sigmoid, Tanh } from "../../nn/activation.js";
import { Embedding } from "../../nn/embedding.js";
import { Linear } from "../../nn/linear.js";
import { Softmax } from "../../nn/softmax.js";
import { Module } from "../../parameters/module.js";
import type { GRU } from "../../recurrent/gru.js";
import type { LSTM } from "../../recurrent/lstm.js";
import type { RNN } from "../../recurrent/rnn.js";
import { asIndices, type IndexInput, type Indices } from "../../tensor/indices.js";
import { PackedSequence } from "../../tensor/packed-sequence.js";
import { asTensor, Tensor, type TensorInput } from "../../tensor/tensor.js";
import { ownValue } from "../json-objects.js";
import { quote } from "../json-reader.js";
import { invalid, type LayerConfig, layerOf } from "./config.js";
import { transposed } from "./gates.js";
import { type KerasLayer, nameOf } from "./layer.js";
import { masking, packed, type Sequences, turnedRound, unpacked } from "./masks.js";
import type { ArraysOf } from "./sources.js";

/** A layer that runs. */
interface Step {
  readonly name: string;
  readonly module: Module | undefined;
  readonly run: (value: Sequences) => Sequences;
  readonly reset?: () => void;
}

/** An Embedding, which reads indices: only the first layer does. */
interface First {
  readonly name: string;
  readonly module: Embedding;
  readonly run: (indices: Indices) => Sequences;
}

/** How to make the modules of a model. */
interface Plan {
  readonly first: (() => First) | undefined;
  readonly others: readonly (() => Step)[];
}

const ACTIVATIONS: Readonly<Record<string, () => Tanh | ReLU | Sigmoid | Softmax>> = {
  tanh: () => new Tanh(),
  relu: () => new ReLU(),
  sigmoid: () => new Sigmoid(),
  softmax: () => new Softmax({ dim: -1 }),
};
/** Layers that do nothing once a model is trained. */
const IDLE = /^(InputLayer|NotEqual|Dropout|SpatialDropout1D|GaussianDropout|GaussianNoise|ActivityRegularization)$/;

/**
 * A Keras model that runs: `forward` gives what `model.predict` gives. It has no backward; train the modules that
 * `layer.create()` makes.
 */
export class KerasModel extends Module {
  static override readonly name: string = "KerasModel";
  readonly #first: First | undefined;
  readonly #steps: readonly Step[];

  /** @internal */
  constructor(plan: Plan) {
    super();
    this.#first = plan.first?.();
    this.#steps = plan.others.map((make) => make());
  }

  /** The modules by their layers' names in Keras. */
  override namedChildren(): [string, Module][] {
    return [this.#first, ...this.#steps].flatMap((step): [string, Module][] =>
      step?.module === undefined ? [] : [[step.name, step.module]],
    );
  }

  /** @throws LSTMError `OPTION`: it runs only */
  override train(mode = true): this {
    if (mode) throw new LSTMError("OPTION", "a KerasModel has no backward; train what layer.create() makes");
    return this;
  }

  /**
   * @param input (batch, steps, values), or for a model that begins with an Embedding indices (batch, steps)
   * @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `OPTION` for an index out of range, `DISPOSED`, `OUT_OF_MEMORY`
   */
  forward(input: TensorInput | IndexInput): Tensor {
    this.checkAlive();
    let value: Sequences;
    if (this.#first !== undefined) {
      value = this.#first.run(asIndices("input", input));
    } else {
      value = { rows: asTensor("input", input), mask: undefined };
    }
    const { shape } = value.rows;
    if (shape.length !== 3) {
      const expected = this.#first === undefined ? "(batch, steps, values)" : "indices (batch, steps)";
      const got = this.#first === undefined ? shape : shape.slice(0, -1);
      throw new LSTMError("SHAPE_MISMATCH", `input: expected ${expected}, got shape ${shapeText(got)}`);
    }
    for (const step of this.#steps) value = step.run(value);
    return value.rows;
  }

  /** Sets the states of stateful layers back to zeros, as `reset_states` does in Keras. */
  resetStates(): void {
    for (const { reset } of this.#steps) reset?.();
  }
}

/** How to make the modules of a chain; or a sentence that says which layer stands in the way. */
export function planOf(
  layers: readonly LayerConfig[],
  recurrent: ReadonlyMap<LayerConfig, KerasLayer>,
  arraysOf: ArraysOf,
): Plan | string {
  const others: (() => Step)[] = [];
  let first: (() => First) | undefined;
  for (const layer of layers) {
    const { className, config, name } = layer;
    if (IDLE.test(className)) continue;
    const found = recurrent.get(layer);
    let maker: (() => Step) | string;
    if (className === "Embedding" && first === undefined && others.length === 0) {
      first = embeddingOf(layer, arraysOf);
      continue;
    }
    if (found !== undefined) {
      maker = recurrentOf(found, config);
    } else if (className === "Masking") {
      const value = ownValue(config, "mask_value");
      maker = () => ({
        name,
        module: undefined,
        run: ({ rows }) => masking(rows, typeof value === "number" ? value : 0),
      });
    } else if (className === "Dense" || className === "TimeDistributed") {
      maker = denseOf(layer, arraysOf);
    } else if (className === "Activation") {
      maker = activationOf(name, ownValue(config, "activation"));
    } else {
      maker = "is of a class that a runnable model cannot have";
    }
    if (typeof maker === "string") return `layer ${quote(name)} (${className}) ${maker}`;
    others.push(maker);
  }
  return { first, others };
}

function embeddingOf(layer: LayerConfig, arraysOf: ArraysOf): () => First {
  const { name, config } = layer;
  const [weight] = arraysOf(layer);
  if (!isMatrix(weight))
    throw invalid(`layer ${quote(name)} (Embedding) has no array of two dimensions, none of them 0`);
  const masks = ownValue(config, "mask_zero") === true;
  return () => {
    const module = Embedding.fromStateDict({ weight });
    const run = (indices: Indices): Sequences => ({
      rows: module.forward(indices),
      mask: masks ? Uint8Array.from(indices.data, (index) => (index === 0 ? 0 : 1)) : undefined,
    });
    return { name, module, run };
  };
}

const isMatrix = (tensor: Tensor | undefined): tensor is Tensor => tensor?.shape.length === 2 && tensor.size > 0;

function denseOf(layer: LayerConfig, arraysOf: ArraysOf): (() => Step) | string {
  const { name, className, config } = layer;
  const dense = className === "Dense" ? layer : layerOf(ownValue(config, "layer"), `the layer in ${quote(name)}`);
  if (dense.className !== "Dense") return `has a ${dense.className} in it`;
  const activation = activationOf(name, ownValue(dense.config, "activation"));
  if (typeof activation === "string") return activation;
  const [kernel, bias] = arraysOf(layer);
  const refuse = (why: string) => invalid(`layer ${quote(name)} (${className}) has ${why}`);
  if (!isMatrix(kernel)) throw refuse("no kernel of two dimensions, none of them 0");
  const units = kernel.shape.slice(1);
  if (bias !== undefined && bias.shape.join() !== units.join()) {
    throw refuse(`a bias of shape ${shapeText(bias.shape)}; expected ${shapeText(units)}`);
  }
  const dict = { weight: transposed(kernel, [0]), ...(bias && { bias }) };
  return () => {
    const module = Linear.fromStateDict(dict);
    const { run } = activation();
    return { name, module, run: ({ rows, mask }) => run({ rows: module.forward(rows), mask }) };
  };
}

function activationOf(name: string, given: unknown): (() => Step) | string {
  const used = nameOf(given ?? "linear");
  if (used === "linear") return () => ({ name, module: undefined, run: (value) => value });
  if (!Object.hasOwn(ACTIVATIONS, used)) return `has the activation ${describe(used)}`;
  const make = ACTIVATIONS[used] as () => Tanh;
  return () => {
    const module = make();
    return { name, module, run: ({ rows, mask }) => ({ rows: module.forward(rows), mask }) };
  };
}

/** A recurrent module, whatever its kind: its state is passed on as it came. */
interface Runs {
  forward(input: Tensor | PackedSequence, state?: unknown): [Tensor | PackedSequence, unknown];
}

function recurrentOf(layer: KerasLayer, config: LayerConfig["config"]): (() => Step) | string {
  const { name, attributes, options } = layer;
  const { mergeMode, goBackwards = false, returnSequences = false, stateful = false, zeroOutputForMask } = attributes;
  if (mergeMode === null) return "has merge_mode None, which gives two outputs";
  if (ownValue(config, "return_state") === true) return "has return_state True, which gives several outputs";
  const columns = options.hiddenSize;
  return () => {
    const module: LSTM | GRU | RNN = layer.create({ flipped: goBackwards });
    let state: unknown;
    const run = ({ rows, mask }: Sequences): Sequences => {
      const given: Sequences = goBackwards ? turnedRound({ rows, mask }) : { rows, mask };
      const steps = rows.shape[1] as number;
      const input = given.mask ? packed(given.rows, given.mask) : given.rows;
      const [output, next] = (module as unknown as Runs).forward(input, state);
      if (stateful) state = next;
      const all =
        output instanceof PackedSequence
          ? unpacked(output, given.mask as Uint8Array, steps, zeroOutputForMask, columns)
          : output;
      const whole = returnSequences ? all : lastOf(all, columns);
      return { rows: merged(whole, columns, mergeMode), mask: returnSequences ? mask : undefined };
    };
    return { name, module, run, reset: () => (state = undefined) };
  };
}

/** The last output of each direction: the reverse one's is at the first step. */
function lastOf({ data, shape }: Tensor, reverseFrom: number): Tensor {
  const [batch = 0, steps = 0, columns = 0] = shape;
  const last = Tensor.zeros([batch, columns]);
  for (let b = 0; b < batch && steps > 0; b++) {
    const [end, begin] = [(b * steps + steps - 1) * columns, b * steps * columns];
    last.data.set(data.subarray(end, end + reverseFrom), b * columns);
    last.data.set(data.subarray(begin + reverseFrom, begin + columns), b * columns + reverseFrom);
  }
  return last;
}

/** The outputs of both directions as one. */
function merged(rows: Tensor, columns: number, mode: "concat" | "sum" | "mul" | "ave" | undefined): Tensor {
  if (mode === undefined || mode === "concat") return rows;
  const shape = [...rows.shape.slice(0, -1), columns];
  const data = new Float32Array(rows.size / 2);
  for (let at = 0; at < data.length; at++) {
    const from = Math.floor(at / columns) * 2 * columns + (at % columns);
    const [one, other] = [rows.data[from] as number, rows.data[from + columns] as number];
    data[at] = mode === "mul" ? one * other : mode === "sum" ? one + other : (one + other) / 2;
  }
  return new Tensor(data, shape);
}
