import { LSTMError } from "../checks/errors.js";
import type { Floats } from "../tensor/arrays.js";
import type { IntegerWeights, Quantization, Weights } from "../tensor/quantization.js";
import type { Instance, Kernels } from "./instance.js";
import { type NarrowValue, readNarrow, writeNarrow } from "./narrow.js";

/** A parameter as the core lays it out. */
export interface ParameterInfo {
  readonly name: string;
  readonly shape: readonly number[];
  /** First value, as an index into the instance's floats. It never moves. */
  readonly start: number;
  readonly length: number;
}

/**
 * Where parameters live: an object inside WebAssembly, by its handle.
 *
 * No view of WebAssembly's memory leaves the library, because memory moves when it grows and is given to others when its
 * owner ends. JavaScript sees copies: ordinary arrays, always the same. `upload...` takes over what may have been written
 * to them, before the object is used; `download...` brings them up to date, after the object has changed.
 */
export abstract class WasmObject {
  readonly instance: Instance;
  abstract readonly parameters: readonly ParameterInfo[];
  readonly #id: number;
  readonly #free: Free;
  #disposed = false;
  /** Whether the owner is in training mode: its streams take written parameters over at every step then. */
  training = false;
  /** Whether parameters may have been written since the object last took them over. */
  #written = true;
  /** Copies of values and gradients that JavaScript has asked for, by the parameter's index. */
  readonly #data = new Map<number, Floats>();
  readonly #grads = new Map<number, Floats>();

  constructor(
    /** What an error calls the owner, "LSTM" or "Linear" say. */
    readonly owner: string,
    /** How crates/lstm-wasm/src/train.rs finds the object: 0 for an LSTM, 1 for a layer. */
    readonly family: number,
    instance: Instance,
    id: number,
    free: Free,
    /** What the weights, the parameters of two dimensions, are; the others are float32. */
    readonly weights: Weights = "float32",
  ) {
    this.instance = instance;
    this.#id = id;
    this.#free = free;
    registry?.register(this, release(instance, free, id), this);
  }

  /** Where a parameter's gradient begins among the floats; 0 before the first training forward. */
  protected abstract gradientStart(index: number): number;

  /** Puts written parameters in effect. */
  protected abstract refresh(id: number): void;

  /** A number that grows when values of parameters change that a backward reads. */
  abstract version(): number;

  /** The handle, if the object still lives. */
  get id(): number {
    if (this.#disposed) throw new LSTMError("DISPOSED", `this ${this.owner} was disposed`);
    return this.#id;
  }

  /**
   * The handle, with every written parameter in effect.
   *
   * An array that JavaScript keeps can be written without notice. In training it is therefore always taken over; else,
   * where a step takes less time than copying the weights, only after somebody asked for it anew.
   */
  ready(training = this.training): number {
    const id = this.id;
    if (this.#written || (training && this.#data.size > 0)) {
      this.uploadData();
      this.refresh(id);
      this.#written = false;
    }
    return id;
  }

  /** The values of a parameter in JavaScript's array, to read and write. */
  data(index: number): Floats {
    return arrayOf(this.#data, index, this.view(index));
  }

  /** The gradient of a parameter, likewise; null before the first training forward. */
  grad(index: number): Floats | null {
    const inside = this.gradient(index);
    return inside && arrayOf(this.#grads, index, inside);
  }

  /** A copy of a parameter. */
  read(index: number): Floats {
    const shape = this.narrowShape(index);
    if (shape) return readNarrow(this.narrow(index), ...shape);
    this.uploadData(index);
    return this.values(index).slice();
  }

  /** The shape of an integer weight; undefined of other parameters. */
  narrowShape(index: number): readonly [rows: number, columns: number] | undefined {
    const { shape } = this.parameters[index] as ParameterInfo;
    return this.weights === "float32" || shape.length < 2 ? undefined : (shape as [number, number]);
  }

  /** What a tensor of a parameter has besides its values. */
  quantized(index: number): { quantization: Quantization } | undefined {
    const shape = this.narrowShape(index);
    if (!shape) return undefined;
    const scale = readNarrow(this.narrow(index), shape[0], 1, shape[1]);
    return { quantization: { weights: this.weights as IntegerWeights, scale } };
  }

  /** The values of an integer weight. */
  abstract narrow(index: number): NarrowValue;

  /** Throws if the weights are integers. */
  checkFloat(what: string): void {
    if (this.weights === "float32") return;
    const why = `this ${this.owner} has ${this.weights} weights; see dequantize of lstm-wasm/nn`;
    throw new LSTMError("QUANTIZED", `${what}: ${why}`);
  }

  /** Writes a parameter. Only where the object `isNew` may that be integers: those of the values' `quantization`, or rounded. */
  write(index: number, values: Float32Array, isNew?: boolean, quantization?: Quantization): void {
    if (isNew && this.narrowShape(index)) {
      writeNarrow(this.narrow(index), this.parameters[index] as ParameterInfo, this.weights, values, quantization);
    } else {
      this.view(index).set(values);
      this.#data.get(index)?.set(values);
    }
  }

  /** A parameter where it lies in WebAssembly, to be written at once. */
  view(index: number): Float32Array {
    const values = this.values(index);
    this.#written = true;
    return values;
  }

  /** @internal Throws unless the values of a parameter can be read and written in place. */
  checkWritable(index: number): void {
    this.id; // throws once disposed
    if (this.narrowShape(index)) this.checkFloat((this.parameters[index] as ParameterInfo).name);
  }

  /** A parameter where it lies in WebAssembly, to be read at once. */
  protected values(index: number): Float32Array {
    this.checkWritable(index);
    this.instance.check();
    const { start, length } = this.parameters[index] as ParameterInfo;
    return this.instance.floats.subarray(start, start + length);
  }

  /** A parameter's gradient where it lies in WebAssembly, to be read or written at once; null before the first training forward. */
  gradient(index: number): Float32Array | null {
    const start = this.gradientStart(index);
    const { length } = this.parameters[index] as ParameterInfo;
    return start === 0 ? null : this.instance.floats.subarray(start, start + length);
  }

  /** Takes over the values in JavaScript's array of one parameter, or in all of them. */
  uploadData(only?: number): void {
    eachOf(this.#data, only, (data, index) => this.view(index).set(data));
  }

  /** Brings JavaScript's array of one parameter up to date, or all of them. */
  downloadData(only?: number): void {
    eachOf(this.#data, only, (data, index) => data.set(this.values(index)));
  }

  /** As `uploadData`, of gradients. */
  uploadGradients(only?: number): void {
    eachOf(this.#grads, only, (grad, index) => this.gradient(index)?.set(grad));
  }

  /** As `downloadData`, of gradients. */
  downloadGradients(only?: number): void {
    eachOf(this.#grads, only, (grad, index) => grad.set(this.gradient(index) ?? grad));
  }

  /** Gives the memory back; once is enough. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    registry?.unregister(this);
    release(this.instance, this.#free, this.#id)();
  }
}

/** The array of a parameter, a copy made when it is first asked for. */
function arrayOf(arrays: Map<number, Floats>, index: number, inside: Float32Array): Floats {
  const array = arrays.get(index) ?? inside.slice();
  arrays.set(index, array);
  return array;
}

/** Calls back with one array and its key, or with all; most objects have none. */
function eachOf(
  arrays: ReadonlyMap<number, Floats>,
  only: number | undefined,
  call: (array: Floats, index: number) => void,
): void {
  if (arrays.size === 0) return;
  if (only === undefined) arrays.forEach(call);
  else {
    const array = arrays.get(only);
    if (array !== undefined) call(array, only);
  }
}

/** The function that frees a handle. */
type Free = Extract<keyof Kernels, `${string}Free`>;

/** Frees a handle, unless its instance crashed and is gone as a whole. */
export function release(instance: Instance, free: Free, handle: number): () => void {
  return () => {
    if (!instance.trapped) instance.kernels[free](handle);
  };
}

/**
 * The net under `dispose()`. It catches nothing within one synchronous turn, so loops should dispose. Not everywhere:
 * some edge runtimes have none.
 */
export const registry: FinalizationRegistry<() => void> | undefined =
  typeof FinalizationRegistry === "function" ? /* @__PURE__ */ new FinalizationRegistry(freeQuietly) : undefined;

/** An error out of a finaliser would end the process. The instance has noted the crash, and its next caller is told. */
function freeQuietly(free: () => void): void {
  try {
    free();
  } catch {}
}
