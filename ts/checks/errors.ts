/**
 * What went wrong, as a stable word to switch on.
 *
 * - `OPTION`: a constructor or call option is of the wrong type, out of range, or at odds with another option
 * - `SHAPE_MISMATCH`: a tensor's rank or a dimension is not what the module expects
 * - `DTYPE`: the values are not float32 (the message names the conversion)
 * - `LENGTHS`: sequence lengths that do not fit their batch (unsorted, negative, beyond the padded size)
 * - `STATE`: h0 without c0, or the other way round; or the state of another cell
 * - `STATE_DICT`: missing, unexpected or misshapen parameters (all of them are listed), or values that are not what their `quantization` says
 * - `FILE`: bytes that are not a valid file of the kind that a reader takes, or hold what cannot be read
 * - `NO_FORWARD`: backward without a forward in training mode before it
 * - `STALE_FORWARD`: backward through a forward whose weights have changed since, or without naming one of several forwards
 * - `QUANTIZED`: training a module of integer weights, or writing one of them
 * - `OUT_OF_MEMORY`: what was asked for does not fit WebAssembly's 4 GiB, or the machine
 * - `DISPOSED`: use after `dispose()`
 * - `INSTANCE_TRAPPED`: the WebAssembly instance of this object crashed; make a new object
 * - `WASM_UNAVAILABLE`: this runtime cannot compile or run the module (no SIMD, a content security policy, a slim entry before `init`)
 */
export type LSTMErrorCode =
  | "OPTION"
  | "SHAPE_MISMATCH"
  | "DTYPE"
  | "LENGTHS"
  | "STATE"
  | "STATE_DICT"
  | "FILE"
  | "NO_FORWARD"
  | "STALE_FORWARD"
  | "QUANTIZED"
  | "OUT_OF_MEMORY"
  | "DISPOSED"
  | "INSTANCE_TRAPPED"
  | "WASM_UNAVAILABLE";

/** Every error this package throws on purpose. `code` is stable; the message is for people. */
export class LSTMError extends Error {
  /** Said again for the class itself: minifiers rename it, and Node prints both. */
  static override readonly name = "LSTMError";
  /** `"LSTMError"`, also where a minifier renames the class. */
  override readonly name = "LSTMError";

  /**
   * As the package makes it; a module of one's own may throw it too.
   *
   * @param message what was expected and what came, for people; it may change from version to version
   * @param options.cause the error behind this one
   */
  constructor(
    /** What went wrong, to switch on; it stays the same from version to version. */
    readonly code: LSTMErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** What JSON holds of it, and what to send to another thread: a clone of an error loses its name and code. */
  toJSON(): { name: string; code: LSTMErrorCode; message: string } {
    const { name, code, message } = this;
    return { name, code, message };
  }
}
