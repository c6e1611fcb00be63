/** One sequence through a layer, seen from the inside. */
import { type LSTM, Tensor } from "lstm-wasm";
import type { Layer, Nonlinearity } from "./model.js";
import { type Source, sequenceOf } from "./sequence.js";

export interface Run {
  readonly source: Source;
  /** Which layer of a stack, and which of its directions, is looked into. */
  readonly depth: number;
  readonly direction: "forward" | "reverse";
  /** Of an RNN whose file leaves it open. */
  readonly nonlinearity: Nonlinearity;
}

/** Numbers (steps, units). */
export interface Values {
  readonly data: Float32Array;
  readonly shape: readonly [steps: number, units: number];
}

export interface Ran {
  /** Gates and states by `trace`'s names, in its order; step by step as the sequence was given. */
  readonly trace: readonly (readonly [name: string, values: Values])[];
  /** How many steps the sequence has; not all are run if it is long. */
  readonly available: number;
}

export async function run(layer: Layer, { source, depth, direction, nonlinearity }: Run): Promise<Ran> {
  const { input, available } = await sequenceOf(source, layer.options.inputSize);
  const module = layer.create(nonlinearity) as LSTM; // the three have the same methods
  try {
    const state = stateOf(layer) as [Tensor, Tensor] | null;
    const { layers } = module.trace(layer.backwards ? reversed(input) : input, state);
    const found = layers.find((one) => one.layer === depth && one.direction === direction);
    const { layer: _depth, direction: _direction, ...tensors } = found as unknown as Record<string, Tensor>;
    const trace = Object.entries(tensors).map(([name, tensor]): [string, Values] => {
      const { data, shape } = layer.backwards ? reversed(tensor) : tensor;
      return [name, { data, shape: shape as [number, number] }];
    });
    return { trace, available };
  } finally {
    module.dispose();
  }
}

/** The layer's own first state as `trace` takes it for one sequence: without the dimension of the batch. */
function stateOf({ state }: Layer): unknown {
  if (state === undefined) return null;
  const h = state.h.select(1, 0);
  return state.c === undefined ? h : [h, state.c.select(1, 0)];
}

/** The steps in the other order. */
function reversed({ data, shape }: Tensor): Tensor {
  const [steps = 0, size = 0] = shape;
  const turned = new Float32Array(data.length);
  for (let step = 0; step < steps; step++)
    turned.set(data.subarray(step * size, (step + 1) * size), (steps - 1 - step) * size);
  return new Tensor(turned, [steps, size]);
}
