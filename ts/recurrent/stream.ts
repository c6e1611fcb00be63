import { shapeText } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { checkInteger, checkObject } from "../checks/options.js";
import { DISPOSE } from "../parameters/dispose.js";
import { UNCLONEABLE } from "../parameters/uncloneable.js";
import type { Floats } from "../tensor/arrays.js";
import { sameValues, tensorOfShape } from "../tensor/shape.js";
import { asTensor, product, Tensor, type TensorInput } from "../tensor/tensor.js";
import { registry, release } from "../wasm/object.js";
import { byState, type StateName } from "./cells.js";
import { granted, type RnnHandle } from "./handle.js";
import { writeRows } from "./rows.js";

/** Options of `stream()`. */
export interface StreamOptions {
  /** Sequences that run side by side; 1 by default. */
  batchSize?: number | undefined;
}

/**
 * The state of a stream: h (layers, batch, H_out) and of an LSTM c (layers, batch, H); to set, without `batch` if that is 1.
 *
 * A type and no interface, so that TypeScript takes it for a dict of tensors: `save(stream.state)`.
 */
export type StreamState<T = Tensor, States extends StateName = StateName> = { readonly [Name in States]: T };

/** Numbers of the buffers in `Kernels.streamAddress`; c comes after h. */
const INPUT = 0;
const OUTPUT = 1;
const H = 2;

/**
 * Layers step by step, made by their method `stream()`. A stream keeps its own state, uses the layers' live weights, and its
 * outputs have the bits of one `forward` over the whole sequence.
 */
export class RecurrentStream<States extends StateName> {
  /** The name of the class, also where a minifier renames it. */
  static readonly name = "RecurrentStream";
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
  /** Sequences that run side by side. */
  readonly batchSize: number;
  readonly #object: RnnHandle;
  readonly #id: number;
  #disposed = false;
  /** First values of the buffers in the instance's floats. They never move, though the memory under them may. */
  readonly #start: readonly number[];
  /** Of each of the cell's states. */
  readonly #shapes: readonly (readonly number[])[];
  readonly #widths: readonly [input: number, output: number];
  readonly #input: Floats;
  readonly #output: Floats;
  /** Where input and output lie in WebAssembly; empty after its memory grew. */
  #inputView: Float32Array = new Float32Array(0);
  #outputView: Float32Array = new Float32Array(0);

  /** @internal */
  constructor(object: RnnHandle, options: StreamOptions) {
    const { batchSize = 1 } = checkObject("stream", options, ["batchSize"]);
    const batch = checkInteger("batchSize", batchSize, 1);
    const { directions, states, inputSize, outputSize, columns } = object.sizes;
    if (directions === 2) {
      throw new LSTMError(
        "OPTION",
        `stream: a bidirectional ${object.owner} reads the sequence from its end, so it cannot run step by step`,
      );
    }
    const { kernels } = object.instance;
    this.#object = object;
    this.batchSize = batch;
    this.#id = granted(
      object.instance,
      kernels.streamNew(object.id, batch),
      object.options,
      `a stream of batch size ${batch}`,
    );
    this.#shapes = columns.map((size) => [states, batch, size]);
    const buffers = [INPUT, OUTPUT, ...this.#shapes.map((_, state) => H + state)];
    this.#start = buffers.map((buffer) => kernels.streamAddress(this.#id, buffer) >>> 2);
    this.#widths = [inputSize, outputSize];
    this.#input = new Float32Array(batch * inputSize);
    this.#output = new Float32Array(batch * outputSize);
    registry?.register(this, release(object.instance, "streamFree", this.#id), this);
  }

  /** The input of the next `step()`, (batch, inputSize): always the same array, to write into. */
  get input(): Floats {
    this.#live();
    return this.#input;
  }

  /**
   * One step of every layer.
   *
   * @param x the input, (batch, inputSize), or (inputSize) with a batch size of 1; a Float32Array of batch * inputSize
   *   values is the fastest. Without it, what was written into `input`
   * @returns batch * H_out values, always in the same array, which the next step writes anew. Nothing is allocated
   *   once the engine has optimised the method
   * @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `DISPOSED`; the state is then as it was
   */
  step(x?: TensorInput): Floats {
    const input = this.#input;
    let values: Float32Array = input;
    // The first question keeps a Proxy out, which has no length.
    if (ArrayBuffer.isView(x) && x instanceof Float32Array && x.length === input.length) values = x;
    // biome-ignore lint/complexity/noArguments: a rest parameter would be an array
    else if (arguments.length > 0) values = this.#readInput(x); // undefined too: a value that is missing is no input
    if (this.#disposed) this.#live();
    const object = this.#object;
    const handle = object.ready();
    if (this.#inputView.length === 0) this.#refreshViews();
    writeRows(this.#inputView, 0, values);
    object.instance.streamStep(handle, this.#id);
    const output = this.#output;
    output.set(this.#outputView);
    return output;
  }

  /**
   * Many steps in one call, faster than one by one and with the same bits.
   *
   * @param xs (steps, batch, inputSize), or (steps, inputSize) with a batch size of 1
   * @returns the outputs of all steps, shaped as `xs` with H_out columns
   * @throws LSTMError `SHAPE_MISMATCH`, `DTYPE`, `OUT_OF_MEMORY`, `DISPOSED`; the state is then as it was
   */
  run(xs: TensorInput): Tensor {
    this.#live();
    const { data, shape } = asTensor("xs", xs);
    const [inputs, outputs] = this.#widths;
    const batched = [shape[0] ?? 0, this.batchSize, inputs];
    const plain = this.batchSize === 1 && sameValues(shape, [batched[0] as number, inputs]);
    if (!plain && !sameValues(shape, batched)) {
      const expected = `expected shape [steps, ${this.batchSize}, ${inputs}]${this.batchSize === 1 ? ` or [steps, ${inputs}]` : ""}`;
      throw new LSTMError("SHAPE_MISMATCH", `xs: ${expected}, got ${shapeText(shape)}`);
    }
    const steps = batched[0] as number;
    this.#live(); // a getter of the caller's objects may have disposed it
    const { instance } = this.#object;
    this.#object.reserve({ steps, batch: this.batchSize, rows: steps * this.batchSize }, false);
    instance.floats.set(data, this.#object.input);
    this.#object.expect(instance.kernels.streamRun(this.#object.ready(), this.#id), "run");
    const from = this.#object.output;
    const output = this.#object.instance.floats.slice(from, from + steps * this.batchSize * outputs);
    return new Tensor(output, [...shape.slice(0, -1), outputs]);
  }

  /** Copies of the states of all layers: to save, to fork with, or to set. */
  get state(): StreamState<Tensor, States> {
    this.#live();
    this.#object.instance.kernels.streamSave(this.#id);
    return byState(this.#object.sizes.cell.states, (state) => {
      const shape = this.#shapes[state] as readonly number[];
      const from = this.#start[H + state] as number;
      return new Tensor(this.#object.instance.floats.slice(from, from + product(shape)), shape);
    }) as StreamState<Tensor, States>;
  }

  set state(state: StreamState<TensorInput, States>) {
    this.#live();
    const names = this.#object.sizes.cell.states;
    const given = checkObject("state", state, names);
    const values = names.map((name, index) => {
      const tensor = asTensor(`state.${name}`, given[name]);
      const [layers, batch, columns] = this.#shapes[index] as [number, number, number];
      // What a forward over one sequence without a batch dimension returns.
      if (batch === 1 && sameValues(tensor.shape, [layers, columns])) return tensor.data;
      return tensorOfShape(`state.${name}`, tensor, [layers, batch, columns]).data;
    });
    this.#live(); // a getter of the caller's objects may have disposed it
    const { floats, kernels } = this.#object.instance;
    for (const [index, data] of values.entries()) floats.set(data, this.#start[H + index]);
    kernels.streamLoad(this.#id);
  }

  /**
   * Sets the state back to zeros.
   *
   * @param rows of these sequences of the batch only, each from 0 to batchSize - 1: where one ends and another begins
   * @throws LSTMError `OPTION` for another row; `DISPOSED`
   */
  reset(rows?: number | readonly number[]): void {
    const { batchSize } = this;
    const chosen = rows === undefined || Array.isArray(rows) ? rows : [rows];
    const checked = chosen?.map((row: unknown) => checkInteger("rows", row, 0, batchSize - 1));
    const state = this.state;
    for (const { data, shape } of Object.values<Tensor>(state)) {
      const [layers, , columns] = shape as [number, number, number];
      for (let layer = 0; layer < layers; layer++)
        for (const row of checked ?? Array(batchSize).keys()) {
          const from = (layer * batchSize + row) * columns;
          data.fill(0, from, from + columns);
        }
    }
    this.state = state;
  }

  /** Gives the memory of the stream back now; the layers live on. Any later use is a `DISPOSED` error. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    registry?.unregister(this);
    release(this.#object.instance, "streamFree", this.#id)();
  }

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
  }

  /** `using stream = lstm.stream()` disposes at the end of the block, where the runtime knows `using`. */
  [DISPOSE](): void {
    this.dispose();
  }

  #live(): void {
    if (this.#disposed) throw new LSTMError("DISPOSED", "this stream was disposed");
    this.#object.id; // throws once the layers are
  }

  #refreshViews(): void {
    const { floats } = this.#object.instance;
    const view = (buffer: number, { length }: Float32Array) => {
      const from = this.#start[buffer] as number;
      return floats.subarray(from, from + length);
    };
    this.#inputView = view(INPUT, this.#input);
    this.#outputView = view(OUTPUT, this.#output);
  }

  /** The values of one step's input, in any form but the fast one. */
  #readInput(x: unknown): Float32Array {
    const { data, shape } = asTensor("x", x);
    const { batchSize } = this;
    const [inputs] = this.#widths;
    const fits = shape.length === 1 ? batchSize === 1 || x === data : sameValues(shape, [batchSize, inputs]);
    if (fits && data.length === batchSize * inputs) return data;
    const expected = `expected batchSize * inputSize = ${batchSize * inputs} values of shape [${batchSize}, ${inputs}]`;
    throw new LSTMError("SHAPE_MISMATCH", `x: ${expected}, got ${data.length} of shape ${shapeText(shape)}`);
  }
}

/** What `lstm.stream()` returns. */
export type LSTMStream = RecurrentStream<"h" | "c">;
/** What `gru.stream()` returns. */
export type GRUStream = RecurrentStream<"h">;
/** What `rnn.stream()` returns. */
export type RNNStream = RecurrentStream<"h">;
