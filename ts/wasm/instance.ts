import { loadModule } from "#module";

import { LSTMError } from "../checks/errors.js";

/** The functions of crates/lstm-wasm, where each is described. Numbers only. */
export interface Kernels {
  refusedBytes(): number;
  usedBytes(): number;
  stackNew(
    cell: number,
    inputSize: number,
    hiddenSize: number,
    numLayers: number,
    projSize: number,
    bias: boolean,
    bidirectional: boolean,
    dropout: number,
    weights: number,
  ): number;
  stackFree(lstm: number): void;
  narrow(stack: number, index: number, row: number, column: number, written: number): number;
  parameterCount(lstm: number): number;
  parameter(lstm: number, index: number, fact: number): number;
  stackDraw(stack: number, seed: number, bound: number): void;
  parametersChanged(lstm: number): void;
  version(lstm: number): number;
  reserve(lstm: number, steps: number, batch: number, rows: number, keeps: boolean, every: number): number;
  address(lstm: number, buffer: number): number;
  forward(lstm: number, batchFirst: boolean, packed: boolean, keeps: boolean, seed: number, call: number): number;
  backward(lstm: number, index: number): number;
  forget(lstm: number, all: boolean): void;
  trace(lstm: number, layer: number, direction: number, what: number): number;
  gradientNorms(lstm: number, layer: number, direction: number, ofC: boolean): number;
  gradientZero(family: number, owner: number, parameter: number): void;
  gradientScale(family: number, owner: number, parameter: number, factor: number): void;
  gradientClamp(family: number, owner: number, parameter: number, limit: number): void;
  gradientSquares(family: number, owner: number, parameter: number): number;
  linearNew(inputs: number, outputs: number, bias: boolean, weights: number): number;
  linearNarrow(layer: number, row: number, column: number, written: number): number;
  embeddingNew(count: number, width: number, padding: number): number;
  parameterNew(length: number): number;
  layerFree(layer: number): void;
  layerReserve(layer: number, rows: number, trains: boolean): number;
  layerAddress(layer: number, buffer: number): number;
  layerForward(layer: number): void;
  layerBackward(layer: number): void;
  layerParameter(layer: number, index: number, gradient: boolean): number;
  layerChanged(layer: number): void;
  layerVersion(layer: number): number;
  lossReserve(rows: number, columns: number): number;
  lossAddress(buffer: number): number;
  lossCrossEntropy(columns: number, smoothing: number, ignored: number, mean: boolean): number;
  lossBinaryCrossEntropy(columns: number, mean: boolean): number;
  workspaceDropout(length: number, p: number, seed: number, call: number): void;
  workspaceTanh(length: number): void;
  workspaceSigmoid(length: number): void;
  workspaceSoftmax(length: number, columns: number, log: boolean): void;
  optimizerNew(rule: number): number;
  optimizerFree(optimizer: number): void;
  optimizerAdd(optimizer: number, length: number, buffers: number): number;
  optimizerAddress(optimizer: number, slot: number): number;
  optimizerSet(optimizer: number, setting: number, value: number): void;
  optimizerStep(
    optimizer: number,
    slot: number,
    family: number,
    owner: number,
    parameter: number,
    power1: number,
    power2: number,
  ): void;
  streamNew(lstm: number, batch: number): number;
  streamFree(stream: number): void;
  streamAddress(stream: number, buffer: number): number;
  streamStep(lstm: number, stream: number): void;
  streamRun(lstm: number, stream: number): number;
  streamSave(stream: number): void;
  streamLoad(stream: number): void;
}

/**
 * One WebAssembly instance: its functions, guarded, and its memory. Only this file makes views of that memory. A view
 * is dead once memory has grown, so ask for it again after each call that may reserve.
 */
export class Instance {
  readonly kernels: Kernels;
  readonly #forward: Kernels["forward"];
  readonly #streamStep: Kernels["streamStep"];
  readonly #memory: WebAssembly.Memory;
  #floats = new Float32Array(0);
  #words = new Uint32Array(0);
  #trap: unknown;

  constructor(module: WebAssembly.Module) {
    const isOurs = WebAssembly.Module.imports(module).length === 0;
    const exports = isOurs ? new WebAssembly.Instance(module).exports : {};
    if (typeof exports.stackNew !== "function") throw new TypeError("this is another program's or version's module");
    this.#memory = exports.memory as WebAssembly.Memory;
    this.#forward = exports.forward as Kernels["forward"];
    this.#streamStep = exports.streamStep as Kernels["streamStep"];
    const kernels: Record<string, Export> = {};
    for (const name in exports)
      if (typeof exports[name] === "function") kernels[name] = this.#guard(exports[name] as Export);
    this.kernels = kernels as never;
  }

  /** Whether a call crashed. What it left behind is not to be trusted, so no further call is let through. */
  get trapped(): boolean {
    return this.#trap !== undefined;
  }

  /** Throws if a call crashed. */
  check(): void {
    if (this.#trap !== undefined) this.#refuse();
  }

  /**
   * All of memory as floats. Ask anew after each call that may reserve: memory that grows leaves old views empty, which
   * is quicker to see than whether `memory.buffer` is another.
   */
  get floats(): Float32Array {
    if (this.#floats.length === 0) this.#floats = new Float32Array(this.#memory.buffer);
    return this.#floats;
  }

  /** All of memory as unsigned integers; see `floats`. */
  get words(): Uint32Array {
    if (this.#words.length === 0) this.#words = new Uint32Array(this.#memory.buffer);
    return this.#words;
  }

  /**
   * `Kernels.forward`, guarded by itself like `streamStep`: engines inline a call of one function, and a guard that all
   * functions share is a call of many.
   */
  forward(lstm: number, batchFirst: boolean, packed: boolean, keeps: boolean, seed: number, call: number): number {
    this.check();
    try {
      return this.#forward(lstm, batchFirst, packed, keeps, seed, call);
    } catch (cause) {
      this.#crash(cause);
    }
  }

  /** `Kernels.streamStep`; see `forward`. */
  streamStep(lstm: number, stream: number): void {
    this.check();
    try {
      this.#streamStep(lstm, stream);
    } catch (cause) {
      this.#crash(cause);
    }
  }

  // As many parameters as any function has (a test counts them): a rest parameter would allocate an array at each call.
  #guard(call: Export): Export {
    return (a, b, c, d, e, f, g, h, i) => {
      this.check();
      try {
        return call(a, b, c, d, e, f, g, h, i);
      } catch (cause) {
        this.#crash(cause);
      }
    };
  }

  #crash(cause: unknown): never {
    this.#trap = cause;
    this.#refuse();
  }

  #refuse(): never {
    const message = `the WebAssembly instance of this object crashed (${String(this.#trap)}); make a new object`;
    throw new LSTMError("INSTANCE_TRAPPED", message, { cause: this.#trap });
  }
}

type Export = (a: never, b: never, c: never, d: never, e: never, f: never, g: never, h: never, i: never) => unknown;

let module: WebAssembly.Module | undefined;
let current: Instance | undefined;

/** The instance that new objects live in: made when the first is, and again after a crash. */
export function currentInstance(): Instance {
  if (current === undefined || current.trapped) current = start();
  return current;
}

/** The bytes of a module whose only content is the type of a function that takes a vector. */
const SIMD_PROBE = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 123, 0];

function start(): Instance {
  try {
    const loaded = module ?? loadModule();
    const started = new Instance(loaded);
    module = loaded; // only now: what does not start must not stay
    return started;
  } catch (cause) {
    if (cause instanceof LSTMError) throw cause;
    throw new LSTMError("WASM_UNAVAILABLE", whyNot(cause), { cause });
  }
}

function whyNot(cause: unknown): string {
  if (typeof WebAssembly !== "object") return "lstm-wasm needs WebAssembly, and this runtime has none";
  if (!WebAssembly.validate(Uint8Array.from(SIMD_PROBE))) {
    return "lstm-wasm needs WebAssembly SIMD: Chrome or Edge 91, Firefox 89, Safari 16.4, Node 20.19 or later";
  }
  const cures =
    "a Content-Security-Policy must allow 'wasm-unsafe-eval', an edge runtime needs its own export condition, an old Chromium compiles in a worker only";
  return `the WebAssembly module could not be started (${cures}): ${String(cause)}`;
}
