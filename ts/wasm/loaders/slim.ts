import { describe } from "../../checks/describe.js";
import { LSTMError } from "../../checks/errors.js";

let module: WebAssembly.Module | undefined;

/** @internal What `init` was given. */
export function loadModule(): WebAssembly.Module {
  if (module === undefined) {
    throw new LSTMError(
      "WASM_UNAVAILABLE",
      'lstm-wasm/slim loads nothing by itself: await init(...) with "lstm-wasm/lstm.wasm" first',
    );
  }
  return module;
}

/**
 * Gives `lstm-wasm/slim` its WebAssembly module, the file `lstm-wasm/lstm.wasm`: compiled, as bytes, or as a Response
 * (or the promise of one, so `init(fetch(url))` works). Call it once, before the first object is made.
 *
 * @throws LSTMError `WASM_UNAVAILABLE` if it is something else, a failed response, or does not compile
 */
export async function init(source: ModuleSource | Promise<ModuleSource>): Promise<void> {
  let step = "load";
  try {
    const given = await source;
    step = "compile";
    module = await compile(given);
  } catch (cause) {
    if (cause instanceof LSTMError) throw cause;
    throw new LSTMError("WASM_UNAVAILABLE", `init: the WebAssembly module did not ${step}: ${String(cause)}`, {
      cause,
    });
  }
}

/** What `init` takes. */
export type ModuleSource = CompiledModule | ArrayBufferLike | ArrayBufferView | FetchedModule;

/** A `WebAssembly.Module`: a type without members, which is missing where the DOM's types are. */
export type CompiledModule = object;

/** What is used of a `Response`. */
export interface FetchedModule {
  /** Whether the server sent what was asked for. */
  readonly ok: boolean;
  /** The HTTP status, for the error. */
  readonly status: number;
  /** The bytes. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

async function compile(source: ModuleSource): Promise<WebAssembly.Module> {
  switch (Object.prototype.toString.call(source)) {
    case "[object WebAssembly.Module]":
      return source as WebAssembly.Module;
    case "[object Response]": {
      const response = source as FetchedModule;
      if (!response.ok) {
        throw new LSTMError(
          "WASM_UNAVAILABLE",
          `init: expected the bytes of lstm.wasm, got HTTP status ${response.status}`,
        );
      }
      return WebAssembly.compile(await response.arrayBuffer());
    }
    case "[object ArrayBuffer]":
    case "[object SharedArrayBuffer]":
      return WebAssembly.compile(source as BufferSource);
    case "[object Uint8Array]":
    case "[object DataView]": {
      // Node 20 takes no DataView.
      const { buffer, byteOffset, byteLength } = source as Uint8Array<ArrayBuffer>;
      return WebAssembly.compile(new Uint8Array(buffer, byteOffset, byteLength));
    }
    default:
      throw new LSTMError(
        "WASM_UNAVAILABLE",
        `init: expected a WebAssembly.Module, bytes or a Response, got ${describe(source)}`,
      );
  }
}
