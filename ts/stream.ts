import { type Core, created } from "./core.js";
import { describe } from "./describe.js";
import { DISPOSE } from "./dispose.js";
import { LSTMError } from "./errors.js";
import { forget, release } from "./home.js";
import { checkInteger, checkObject } from "./options.js";
import { writeRows } from "./rows.js";
import { sameValues, tensorOfShape } from "./shape.js";
import { asTensor, Tensor, type TensorInput, typedArrayName } from "./tensor.js";
import { UNCLONEABLE } from "./uncloneable.js";

/** Options of `lstm.stream()`. */
export interface StreamOptions {
  /** Sequences that run side by side; 1 by default. */
  batchSize?: number | undefined;
}

/** The state of a stream: h (layers, batch, H_out) and c (layers, batch, H); to set, without `batch` if that is 1. */
export interface StreamState<T = Tensor> {
  /** (layers, batch, H_out) */
  readonly h: T;
  /** (layers, batch, H) */
  readonly c: T;
}

/** Numbers of the buffers in `Kernels.streamAddress`. */
const INPUT = 0;
const OUTPUT = 1;
const H = 2;
const C = 3;

/**
 * An LSTM step by step, made by `lstm.stream()`. It keeps its own state, uses the LSTM's live weights, and its outputs
 * have the bits of one `forward` over the whole sequence.
 */
export class LSTMStream {
  static readonly name = "LSTMStream";
  /** @internal */
  readonly uncloneable = UNCLONEABLE;
  /** Sequences that run side by side. */
  readonly batchSize: number;
  readonly #core: Core;
  readonly #id: number;
  #disposed = false;
  /** First values of the buffers in the instance's floats. They never move, though the memory under them may. */
  readonly #start: readonly number[];
  readonly #shapes: Record<"h" | "c", readonly number[]>;
  readonly #widths: readonly [input: number, output: number];
  #inputView: Float32Array = new Float32Array(0);
  #outputView: Float32Array = new Float32Array(0);

  /** @internal */
  constructor(core: Core, options: StreamOptions) {
    const { batchSize = 1 } = checkObject("stream", options, ["batchSize"]);
    const batch = checkInteger("batchSize", batchSize, 1);
    const { numLayers, inputSize, hiddenSize, projSize, bidirectional } = core.options;
    if (bidirectional) {
      throw new LSTMError(
        "OPTION",
        "stream: a bidirectional LSTM reads the sequence from its end, so it cannot run step by step",
      );
    }
    const { kernels } = core.instance;
    this.#core = core;
    this.batchSize = batch;
    this.#id = created(
      core.instance,
      kernels.streamNew(core.id, batch),
      core.options,
      `a stream of batch size ${batch}`,
    );
    this.#start = [INPUT, OUTPUT, H, C].map((buffer) => kernels.streamAddress(this.#id, buffer) >>> 2);
    const columns = projSize > 0 ? projSize : hiddenSize;
    this.#shapes = { h: [numLayers, batch, columns], c: [numLayers, batch, hiddenSize] };
    this.#widths = [inputSize, columns];
    forget?.register(this, release(core.instance, "streamFree", this.#id), this);
  }

  /** The input of the next `step()`, (batch, inputSize), to write into. Take it anew for each use. */
  get input(): Float32Array {
    this.#live();
    this.#refreshViews();
    return this.#inputView;
  }

  /**
   * One step of every layer.
   *
   * @param x batch * inputSize values; without it, what was written into `input`
   * @returns batch * H_out values, in a view that is valid until the next call of anything. Nothing is allocated.
   */
  step(x?: Float32Array): Float32Array {
    this.#live();
    this.#refreshViews();
    if (x !== undefined) {
      const input = this.#inputView;
      if (!(x instanceof Float32Array) && typedArrayName(x) !== "Float32Array")
        throw new LSTMError("DTYPE", `x: expected a Float32Array, got ${describe(x)}`);
      if (x.length !== input.length) {
        const expected = `expected batchSize * inputSize = ${input.length} values`;
        throw new LSTMError("SHAPE_MISMATCH", `x: ${expected}, got ${x.length}`);
      }
      writeRows(input, 0, x);
    }
    const core = this.#core;
    core.instance.streamStep(core.ready(), this.#id);
    return this.#outputView;
  }

  /**
   * Many steps in one call, faster than one by one and with the same bits.
   *
   * @param xs (steps, batch, inputSize), or (steps, inputSize) with a batch size of 1
   * @returns the outputs of all steps, shaped as `xs` with H_out columns
   */
  run(xs: TensorInput): Tensor {
    this.#live();
    const { data, shape } = asTensor("xs", xs);
    const [inputs, outputs] = this.#widths;
    const batched = [shape[0] ?? 0, this.batchSize, inputs];
    const plain = this.batchSize === 1 && sameValues(shape, [batched[0] as number, inputs]);
    if (!plain && !sameValues(shape, batched)) {
      const expected = `expected shape [steps, ${this.batchSize}, ${inputs}]${this.batchSize === 1 ? ` or [steps, ${inputs}]` : ""}`;
      throw new LSTMError("SHAPE_MISMATCH", `xs: ${expected}, got [${shape.join(", ")}]`);
    }
    const steps = batched[0] as number;
    const { instance } = this.#core;
    const owned = instance.own(data);
    this.#core.reserve({ steps, batch: this.batchSize, rows: steps * this.batchSize }, false);
    instance.floats.set(owned, this.#core.input);
    this.#core.expect(instance.kernels.streamRun(this.#core.ready(), this.#id), "run");
    const from = this.#core.output;
    const output = this.#core.instance.floats.slice(from, from + steps * this.batchSize * outputs);
    return new Tensor(output, [...shape.slice(0, -1), outputs]);
  }

  /** Copies of h and c of all layers: to save, to fork with, or to set. */
  get state(): StreamState {
    this.#live();
    this.#core.instance.kernels.streamSave(this.#id);
    const copy = (shape: readonly number[], from: number) =>
      new Tensor(
        this.#core.instance.floats.slice(from, from + shape.reduce((product, size) => product * size, 1)),
        shape,
      );
    return { h: copy(this.#shapes.h, this.#start[H] as number), c: copy(this.#shapes.c, this.#start[C] as number) };
  }

  set state(state: StreamState<TensorInput>) {
    this.#live();
    const { h, c } = checkObject("state", state, ["h", "c"]);
    const read = (name: "h" | "c", value: unknown) => {
      const tensor = asTensor(`state.${name}`, value);
      const [layers, batch, columns] = this.#shapes[name] as [number, number, number];
      // What a forward over one sequence without a batch dimension returns.
      if (batch === 1 && sameValues(tensor.shape, [layers, columns])) return tensor.data;
      return tensorOfShape(`state.${name}`, tensor, this.#shapes[name]).data;
    };
    this.#write(read("h", h), read("c", c));
  }

  /** Sets the state back to zeros. */
  reset(): void {
    this.state = { h: Tensor.zeros(this.#shapes.h), c: Tensor.zeros(this.#shapes.c) };
  }

  /** Gives the memory of the stream back now; the LSTM lives on. Any later use is a `DISPOSED` error. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forget?.unregister(this);
    release(this.#core.instance, "streamFree", this.#id)();
  }

  /** @internal Vue leaves alone what has this: through its proxies private members cannot be reached. */
  get __v_skip(): boolean {
    return true;
  }

  [DISPOSE](): void {
    this.dispose();
  }

  #write(h: Float32Array, c: Float32Array): void {
    const { floats, kernels } = this.#core.instance;
    floats.set(h, this.#start[H]);
    floats.set(c, this.#start[C]);
    kernels.streamLoad(this.#id);
  }

  #live(): void {
    if (this.#disposed) throw new LSTMError("DISPOSED", "this stream was disposed");
    this.#core.id; // throws once the LSTM is
  }

  #refreshViews(): void {
    // Memory that grew left them empty, which no view of a stream is by itself.
    if (this.#inputView.length > 0) return;
    const { floats } = this.#core.instance;
    const view = (from: number, columns: number) => floats.subarray(from, from + this.batchSize * columns);
    this.#inputView = view(this.#start[INPUT] as number, this.#widths[0]);
    this.#outputView = view(this.#start[OUTPUT] as number, this.#widths[1]);
  }
}
