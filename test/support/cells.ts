/** Layers of every kind of cell, called alike: a state is a list of tensors, [h, c] for the LSTM and [h] for the others. */
import fc from "fast-check";
import {
  GRU,
  GRUCell,
  type LayerTrace,
  LSTM,
  LSTMCell,
  type LSTMOptions,
  type PackedSequence,
  RNN,
  RNNCell,
  type Tensor,
} from "lstm-wasm";
import { lstmOptions } from "./options.js";
import type { Mode, Sizes } from "./reference.js";

export const MODES: readonly Mode[] = ["LSTM", "GRU", "RNN_TANH", "RNN_RELU"];

/** Options of an LSTM and which cell shall have them; `projSize` is 0 if that is another. */
export type AnyOptions = Omit<LSTMOptions, "forgetBias"> & { mode: Mode };

export type Stack = LSTM | GRU | RNN;

/** Random options of any cell, of at most these sizes. */
export const anyOptions = (most: { inputSize: number; hiddenSize: number }) =>
  fc
    .tuple(lstmOptions(most), fc.constantFrom(...MODES))
    .map(([o, mode]) => ({ ...o, mode, projSize: mode === "LSTM" ? o.projSize : 0 }));

export const isStack = (module: unknown): module is Stack =>
  module instanceof LSTM || module instanceof GRU || module instanceof RNN;

/** A state as the caller of a stack or cell holds it. */
export const held = (states: readonly Tensor[]): unknown => (states.length > 1 ? states : states[0]);

export function stackOf({ mode, projSize, ...options }: AnyOptions): Stack {
  if (mode === "LSTM") return new LSTM({ ...options, projSize });
  if (mode === "GRU") return new GRU(options);
  return new RNN({ ...options, nonlinearity: mode === "RNN_TANH" ? "tanh" : "relu" });
}

/** What the reference needs to know. */
export function sizesOf(stack: Stack): Sizes {
  const { hiddenSize, numLayers, bidirectional } = stack;
  return { mode: modeOf(stack), hiddenSize, numLayers, bidirectional };
}

export function modeOf(stack: Stack): Mode {
  if (stack instanceof LSTM) return "LSTM";
  if (stack instanceof GRU) return "GRU";
  return stack.nonlinearity === "tanh" ? "RNN_TANH" : "RNN_RELU";
}

/** Columns of each state: H_out of h, H of c. */
export const stateSizes = (stack: Stack): number[] =>
  stack instanceof LSTM ? [stack.projSize || stack.hiddenSize, stack.hiddenSize] : [stack.hiddenSize];

export function forward<T extends Tensor | PackedSequence>(
  stack: Stack,
  input: T,
  state?: readonly Tensor[],
): [output: T, state: Tensor[]] {
  // The overloads take a tensor or a packed batch; T is either.
  const x = input as Tensor;
  const [output, last] =
    stack instanceof LSTM ? stack.forward(x, state as [Tensor, Tensor] | undefined) : stack.forward(x, state?.[0]);
  return [output as T, [last].flat()];
}

/** The gradients of the input and of each first state. */
export function backward<T extends Tensor | PackedSequence>(
  stack: Stack,
  gradOutput: T,
  gradState: readonly Tensor[],
): [input: T, state: Tensor[]] {
  const grad = gradOutput as Tensor;
  const { input, ...state } =
    stack instanceof LSTM ? stack.backward(grad, gradState as [Tensor, Tensor]) : stack.backward(grad, gradState[0]);
  return [input as unknown as T, Object.values(state)];
}

/** What a trace shows, whatever the cell. */
export interface AnyTrace<T> {
  output: T;
  hn: Tensor;
  cn?: Tensor;
  layers: LayerTrace<string>[];
}

export const trace = <T extends Tensor | PackedSequence>(stack: Stack, input: T): AnyTrace<T> =>
  (stack as LSTM).trace(input as Tensor) as unknown as AnyTrace<T>;

/** A stream that goes on from a state. */
export function streamOf(stack: Stack, batchSize: number, [h, c]: readonly Tensor[]) {
  const stream = stack.stream({ batchSize });
  Object.assign(stream, { state: c === undefined ? { h } : { h, c } });
  return stream;
}

export type StepOptions = Pick<AnyOptions, "mode" | "inputSize" | "hiddenSize" | "bias" | "seed">;

export type Cell = LSTMCell | GRUCell | RNNCell;

export const isCell = (module: unknown): module is Cell =>
  module instanceof LSTMCell || module instanceof GRUCell || module instanceof RNNCell;

/** LSTMCell, GRUCell or RNNCell. */
export function cellOf({ mode, ...options }: StepOptions): Cell {
  if (mode === "LSTM") return new LSTMCell(options);
  if (mode === "GRU") return new GRUCell(options);
  return new RNNCell({ ...options, nonlinearity: mode === "RNN_TANH" ? "tanh" : "relu" });
}

export const forwardCell = (cell: Cell, input: Tensor, state?: readonly Tensor[]): Tensor[] =>
  cell instanceof LSTMCell
    ? cell.forward(input, state as [Tensor, Tensor] | undefined)
    : [cell.forward(input, state?.[0])];

/** The gradients of the input and of each state before the step. */
export function backwardCell(cell: Cell, gradState: readonly Tensor[]): [input: Tensor, state: Tensor[]] {
  const { input, ...state } =
    cell instanceof LSTMCell ? cell.backward(gradState as [Tensor, Tensor]) : cell.backward(gradState[0]);
  return [input, Object.values(state)];
}
