import { LSTMError } from "./errors.js";
import type { Home, Placed } from "./home.js";
import { type Instance, instance } from "./instance.js";
import type { CheckedOptions } from "./options.js";

/** Error codes of crates/lstm-core/src/error.rs; what options.ts refuses never gets there. */
const [REFUSED_PROJ_SIZE, OUT_OF_MEMORY, REFUSED_BATCH_SIZES] = [4, 6, 7];

/** How many steps, sequences and rows a call has; rows are steps * batch unless packed. */
export interface CallShape {
  readonly steps: number;
  readonly batch: number;
  readonly rows: number;
}

const KINDS = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"];

/** Numbers of the buffers in `Kernels.address`. */
const [INPUT, OUTPUT, H, C, BATCH_SIZES, D_OUTPUT, D_INPUT, D_H, D_C] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** The number of a parameter's gradient in `Kernels.parameter`. */
const GRADIENT = 6;

/** What dropout masks are drawn from: a seed, and a count of the training forwards. */
export interface Masks {
  seed: number;
  call: number;
}
const NO_MASKS: Masks = { seed: 0, call: -1 };

/**
 * An LSTM inside WebAssembly, by its handle. `reserve` makes room for a call and finds out where its buffers lie; they
 * stay there until the next `reserve` of this object.
 */
export class Core implements Home {
  readonly family = 0;
  readonly instance: Instance;
  readonly parameters: readonly Placed[];
  readonly #id: number;
  #disposed = false;
  #weightsChanged = true;

  /** First values of the buffers, as indexes into the instance's floats (words for `batchSizes`). */
  input = 0;
  output = 0;
  h = 0;
  c = 0;
  batchSizes = 0;

  constructor(
    /** What an error calls the owner, "LSTM" or "LSTMCell". */
    readonly owner: string,
    readonly options: CheckedOptions,
    suffixed: boolean,
  ) {
    const o = options;
    this.instance = instance();
    const { kernels } = this.instance;
    this.#id = created(
      this.instance,
      kernels.lstmNew(o.inputSize, o.hiddenSize, o.numLayers, o.projSize, o.bias, o.bidirectional, o.dropout),
      o,
      `an ${owner} of these sizes`,
    );
    this.parameters = Array.from({ length: kernels.parameterCount(this.#id) }, (_, index) =>
      this.#place(index, suffixed),
    );
    forget?.register(this, release(this.instance, "lstmFree", this.#id), this);
  }

  #place(index: number, suffixed: boolean): Placed {
    const fact = (number: number) => this.instance.kernels.parameter(this.#id, index, number);
    const [kind, layer, direction, address, rows, columns] = [0, 1, 2, 3, 4, 5].map(fact) as Six;
    const suffix = suffixed ? `_l${layer}${direction === 1 ? "_reverse" : ""}` : "";
    const shape = Object.freeze(columns === 0 ? [rows] : [rows, columns]);
    return { name: `${KINDS[kind]}${suffix}`, shape, start: address >>> 2, length: rows * (columns || 1) };
  }

  /** The handle, if the object still lives. */
  get id(): number {
    if (this.#disposed) throw new LSTMError("DISPOSED", `this ${this.owner} was disposed`);
    return this.#id;
  }

  /** A fresh view of a parameter, to read. */
  peek(parameter: Placed): Float32Array {
    this.id; // throws once disposed
    this.instance.check();
    return this.instance.floats.subarray(parameter.start, parameter.start + parameter.length);
  }

  /** A fresh view of a parameter, which the caller may write through. */
  values(parameter: Placed): Float32Array {
    const values = this.peek(parameter);
    this.#weightsChanged = true;
    return values;
  }

  /** The handle, with every written weight in effect. */
  ready(): number {
    const id = this.id;
    if (this.#weightsChanged) {
      this.instance.kernels.parametersChanged(id);
      this.#weightsChanged = false;
    }
    return id;
  }

  /**
   * Makes room for a call of this shape, and if it trains for its backward, with a checkpoint every so many steps, 0 for
   * none. `chunk` is for tests: steps per input product, 0 for as many as fit the cache.
   */
  reserve({ steps, batch, rows }: CallShape, trains: boolean, every = 0, chunk = 0): void {
    const { kernels } = this.instance;
    this.#reserve(steps, batch, rows, (from, to) => kernels.reserve(this.id, from, batch, to, chunk, trains, every));
  }

  /** Makes room for a stream to run over so many steps. */
  reserveStream(stream: number, steps: number, batch: number): void {
    this.#reserve(steps, batch, steps * batch, (from) => this.instance.kernels.streamReserve(this.id, stream, from));
  }

  #reserve(steps: number, batch: number, rows: number, reserve: (steps: number, rows: number) => number): void {
    const what = `a call of ${steps} steps and ${batch} sequences`;
    const most = 2 ** 31 - 1;
    if (steps > most || batch > most || rows > most) throw outOfMemory(what, 4 * Math.max(steps, batch, rows));
    // Steps that nobody runs need no room.
    this.expect(reserve(rows === 0 ? 0 : steps, rows), what);
    const { kernels } = this.instance;
    this.input = kernels.address(this.#id, INPUT) >>> 2;
    this.output = kernels.address(this.#id, OUTPUT) >>> 2;
    this.h = kernels.address(this.#id, H) >>> 2;
    this.c = kernels.address(this.#id, C) >>> 2;
    this.batchSizes = kernels.address(this.#id, BATCH_SIZES) >>> 2;
  }

  /** Runs over what was reserved, for training if that was, and with dropout if masks are given. */
  forward(batchFirst: boolean, packed: boolean, trains: boolean, masks?: Masks): void {
    const { seed, call } = masks ?? NO_MASKS;
    this.expect(this.instance.kernels.forward(this.ready(), batchFirst, packed, trains, seed, call), "forward");
  }

  /** Where the gradients of the last training forward's output, input, h and c go and come from. */
  gradients(): { output: number; input: number; h: number; c: number } {
    const at = (buffer: number) => this.instance.kernels.address(this.id, buffer) >>> 2;
    return { output: at(D_OUTPUT), input: at(D_INPUT), h: at(D_H), c: at(D_C) };
  }

  /** Goes back through the last training forward. */
  backward(): void {
    this.expect(this.instance.kernels.backward(this.ready()), "backward");
  }

  /** Gives up on the training forwards that wait for their backward: all of them, or the last. */
  forget(all = true): void {
    this.instance.kernels.forget(this.id, all);
  }

  /** Copies out what the last training forward kept, see `Kernels.trace`; returns its first value among the floats. */
  trace(layer: number, direction: number, what: number): number {
    return this.instance.kernels.trace(this.id, layer, direction, what) >>> 2;
  }

  /** Copies out squared norms of the last backward, see `Kernels.squaredNorms`; returns the first among the floats. */
  squaredNorms(layer: number, direction: number, ofC: boolean): number {
    return this.instance.kernels.squaredNorms(this.id, layer, direction, ofC) >>> 2;
  }

  /** A fresh view of a parameter's gradient; null before the first training forward. */
  gradient(index: number): Float32Array | null {
    const { kernels, floats } = this.instance;
    const start = kernels.parameter(this.id, index, GRADIENT) >>> 2;
    return start === 0 ? null : floats.subarray(start, start + (this.parameters[index] as Placed).length);
  }

  /** A status must be 0. */
  expect(status: number, what: string): void {
    if (status === 0) return;
    throw refusal(this.instance, status, this.options, what);
  }

  /** Gives the memory back; once is enough. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forget?.unregister(this);
    release(this.instance, "lstmFree", this.#id)();
  }
}

type Six = [number, number, number, number, number, number];

/** A handle that the core gave, or the error that it gave instead. */
export function created(where: Instance, handle: number, options: CheckedOptions, what: string): number {
  if (handle >= 0) return handle;
  throw refusal(where, -handle, options, what);
}

function refusal(where: Instance, code: number, options: CheckedOptions, what: string): LSTMError {
  switch (code) {
    case REFUSED_PROJ_SIZE: {
      const { hiddenSize, projSize } = options;
      const sizes = `Expected 0 to ${hiddenSize - 1}, got ${projSize}`;
      return new LSTMError("OPTION", `projSize must be smaller than hiddenSize. ${sizes}`);
    }
    case OUT_OF_MEMORY:
      return outOfMemory(what, where.kernels.refusedBytes());
    case REFUSED_BATCH_SIZES:
      return new LSTMError(
        "LENGTHS",
        `${what}: batchSizes do not descend from the batch to 1 and add up to the rows of data`,
      );
    default:
      throw new Error(`${what} was refused with code ${code}`);
  }
}

export function outOfMemory(what: string, bytes: number): LSTMError {
  const size = bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${bytes} bytes`;
  const left = "which is more than is left: all objects share WebAssembly's 4 GiB, and this machine may have less";
  return new LSTMError("OUT_OF_MEMORY", `${what} needs ${size}, ${left}`);
}

/** Frees a handle, unless its instance crashed and is gone as a whole. */
export function release(
  where: Instance,
  free: "lstmFree" | "streamFree" | "layerFree" | "optimizerFree",
  handle: number,
): () => void {
  return () => {
    if (!where.trapped) where.kernels[free](handle);
  };
}

/**
 * The net under `dispose()`. It catches nothing within one synchronous turn, so loops should dispose. Not everywhere:
 * some edge runtimes have none.
 */
export const forget: FinalizationRegistry<() => void> | undefined =
  typeof FinalizationRegistry === "function" ? /* @__PURE__ */ new FinalizationRegistry(freeQuietly) : undefined;

/** An error out of a finaliser would end the process. The instance has noted the crash, and its next caller is told. */
function freeQuietly(free: () => void): void {
  try {
    free();
  } catch {}
}
