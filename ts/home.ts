import { LSTMError } from "./errors.js";
import type { Instance, Kernels } from "./instance.js";

/** A parameter as the core lays it out. */
export interface Placed {
  readonly name: string;
  readonly shape: readonly number[];
  /** First value, as an index into the instance's floats. It never moves. */
  readonly start: number;
  readonly length: number;
}

/** Where parameters live: an object inside WebAssembly, by its handle. */
export abstract class Home {
  readonly instance: Instance;
  abstract readonly parameters: readonly Placed[];
  readonly #id: number;
  readonly #free: Free;
  #disposed = false;
  #written = true;

  constructor(
    /** What an error calls the owner, "LSTM" or "Linear" say. */
    readonly owner: string,
    /** How crates/lstm-wasm/src/train.rs finds the object: 0 for an LSTM, 1 for a layer. */
    readonly family: number,
    where: Instance,
    id: number,
    free: Free,
  ) {
    this.instance = where;
    this.#id = id;
    this.#free = free;
    forget?.register(this, release(where, free, id), this);
  }

  /** Where a parameter's gradient begins among the floats; 0 before the first training forward. */
  protected abstract gradientStart(index: number): number;

  /** Puts written parameters in effect. */
  protected abstract refresh(id: number): void;

  /** The handle, if the object still lives. */
  get id(): number {
    if (this.#disposed) throw new LSTMError("DISPOSED", `this ${this.owner} was disposed`);
    return this.#id;
  }

  /** The handle, with every written parameter in effect. */
  ready(): number {
    const id = this.id;
    if (this.#written) {
      this.refresh(id);
      this.#written = false;
    }
    return id;
  }

  /** A fresh view of a parameter, to read. */
  peek({ start, length }: Placed): Float32Array {
    this.id; // throws once disposed
    this.instance.check();
    return this.instance.floats.subarray(start, start + length);
  }

  /** A fresh view of a parameter, which the caller may write through. */
  values(parameter: Placed): Float32Array {
    const values = this.peek(parameter);
    this.#written = true;
    return values;
  }

  /** A fresh view of a parameter's gradient; null before the first training forward. */
  gradient(index: number): Float32Array | null {
    const start = this.gradientStart(index);
    const { length } = this.parameters[index] as Placed;
    return start === 0 ? null : this.instance.floats.subarray(start, start + length);
  }

  /** Gives the memory back; once is enough. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forget?.unregister(this);
    release(this.instance, this.#free, this.#id)();
  }
}

/** The function that frees a handle. */
type Free = Extract<keyof Kernels, `${string}Free`>;

/** Frees a handle, unless its instance crashed and is gone as a whole. */
export function release(where: Instance, free: Free, handle: number): () => void {
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
