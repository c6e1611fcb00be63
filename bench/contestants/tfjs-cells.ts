/** What TensorFlow.js has for each cell, with PyTorch's activations. */
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, layers } from "@tensorflow/tfjs-layers";
import type { Cell } from "../cases.js";

const { RNNCell } = layers;

type Layer = ReturnType<typeof layers.rnn>;

export interface KerasCell {
  /** In which Keras has the gates, in PyTorch's letters. */
  readonly order: string;
  /** Whether the biases are two, for W_ih x and for W_hh h, or one, their sum. */
  readonly twoBiases: boolean;
  /** A cell of so many units, to be stepped. */
  cell(units: number): Layer["cell"];
  /** A layer that returns all outputs. */
  layer(units: number): Layer;
}

/** The weights are set afterwards, and the default way of drawing them takes long. */
const ZEROS = { kernelInitializer: "zeros", recurrentInitializer: "zeros" } as const;
const LSTM = { activation: "tanh", recurrentActivation: "sigmoid", unitForgetBias: false, ...ZEROS } as const;

function rnn(activation: "tanh" | "relu"): KerasCell {
  return {
    order: "h",
    twoBiases: false,
    cell: (units) => layers.simpleRNNCell({ units, activation, ...ZEROS }),
    layer: (units) => layers.simpleRNN({ units, activation, returnSequences: true, ...ZEROS }),
  };
}

export const KERAS: Readonly<Record<Cell, KerasCell>> = {
  LSTM: {
    order: "ifgo",
    twoBiases: false,
    cell: (units) => layers.lstmCell({ units, ...LSTM }),
    layer: (units) => layers.lstm({ units, returnSequences: true, ...LSTM }),
  },
  GRU: {
    order: "zrn",
    twoBiases: true,
    cell: (units) => new ResetAfterCell(units),
    layer: (units) => layers.rnn({ cell: new ResetAfterCell(units), returnSequences: true }),
  },
  RNN: rnn("tanh"),
  "RNN relu": rnn("relu"),
};

/**
 * The GRU of PyTorch, and of Keras with reset_after. TensorFlow.js has the other one, whose reset gate multiplies h before
 * the product with W_hn ("GRUCell does not support reset_after parameter set to true"), so a user who has PyTorch's weights
 * writes this cell. It is the faster one: TensorFlow.js's own splits, and so copies, the recurrent kernel at every step.
 */
class ResetAfterCell extends RNNCell {
  static className = "ResetAfterCell";
  readonly stateSize: number;
  #weights: readonly { read(): Tensor }[] = [];

  constructor(units: number) {
    super({});
    this.stateSize = units;
  }

  override build(inputShape: number[]): void {
    const rows = 3 * this.stateSize;
    const weight = (name: string, shape: number[]) => this.addWeight(name, shape, undefined, initializers.zeros());
    this.#weights = [
      weight("kernel", [inputShape.at(-1) as number, rows]),
      weight("recurrent_kernel", [this.stateSize, rows]),
      weight("input_bias", [rows]),
      weight("recurrent_bias", [rows]),
    ];
    this.built = true;
  }

  override call([x, h]: [Tensor, Tensor]): Tensor[] {
    return tf.tidy(() => {
      const [kernel, recurrentKernel, inputBias, recurrentBias] = this.#weights.map((weight) => weight.read());
      const product = (a: Tensor, b?: Tensor, bias?: Tensor) =>
        tf.fused.matMul({ a, b: b as Tensor, bias: bias as Tensor } as Parameters<typeof tf.fused.matMul>[0]);
      const [xz, xr, xn] = tf.split(product(x, kernel, inputBias), 3, 1) as [Tensor, Tensor, Tensor];
      const [hz, hr, hn] = tf.split(product(h, recurrentKernel, recurrentBias), 3, 1) as [Tensor, Tensor, Tensor];
      const z = tf.sigmoid(tf.add(xz, hz));
      const r = tf.sigmoid(tf.add(xr, hr));
      const n = tf.tanh(tf.add(xn, tf.mul(r, hn)));
      const next = tf.add(n, tf.mul(z, tf.sub(h, n)));
      return [next, next];
    });
  }
}
