/** The built package in a realm of its own: a bare `vm` context that has what ECMAScript has, WebAssembly, and no more. */
import { fileURLToPath } from "node:url";
import { createContext, runInContext, Script } from "node:vm";
import { build } from "esbuild";

type Library = typeof import("lstm-wasm");
type Slim = typeof import("lstm-wasm/slim");

export const dist = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

/** A built entry as a classic script whose value is the module. */
async function script(entry: string): Promise<Script> {
  const { outputFiles } = await build({
    entryPoints: [dist(entry)],
    bundle: true,
    format: "iife",
    globalName: "library",
    write: false,
    logLevel: "silent",
    footer: { js: "library;" },
  });
  return new Script((outputFiles[0] as { text: string }).text, { filename: `${entry} as a script` });
}

const inline = await script("index.js");
const slim = await script("slim/slim.js");

/** A bare context; `before` is a script that runs in it first, to break something. */
export function realm(before = "") {
  const context = createContext({});
  runInContext("delete globalThis.console", context);
  runInContext(before, context);
  return {
    /** Runs a script in the realm. */
    // biome-ignore lint/suspicious/noExplicitAny: a script's value can be anything
    run: (code: string): any => runInContext(code, context),
    /** Loads the package, in its default or its slim form. */
    load: () => inline.runInContext(context) as Library,
    loadSlim: () => slim.runInContext(context) as Slim,
  };
}

/** Counts and keeps what the realm makes of WebAssembly. */
export const SPY = `
  var modules = 0, instances = [];
  WebAssembly.Module = new Proxy(WebAssembly.Module, {
    construct(target, args) { modules++; return Reflect.construct(target, args); },
  });
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(target, args) { const made = Reflect.construct(target, args); instances.push(made); return made; },
  });`;

/** A script whose value is the size of the first instance's memory, after `SPY`. */
export const MEMORY_BYTES = "instances[0].exports.memory.buffer.byteLength";

/** Likewise of what the objects in it hold, to the byte: the memory itself grows by a quarter at a time. */
export const USED_BYTES = "instances[0].exports.usedBytes()";

/** The bytes of lstm.wasm with a ceiling on its memory, so that memory runs out as it would at 4 GiB. */
export function withMemoryLimit(bytes: Uint8Array, pages: number): Uint8Array {
  const read = (at: number): [value: number, next: number] => {
    let [value, shift, next] = [0, 0, at];
    for (;;) {
      const byte = bytes[next++] as number;
      value |= (byte & 127) << shift;
      shift += 7;
      if (byte < 128) return [value, next];
    }
  };
  const write = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...write(value >>> 7)]);
  for (let at = 8; at < bytes.length; ) {
    const section = bytes[at];
    const [size, body] = read(at + 1);
    if (section === 5) {
      const [initial] = read(body + 2); // one memory, flags 0: a minimum and no maximum
      const memory = [1, 1, ...write(initial), ...write(pages)];
      return Uint8Array.from([
        ...bytes.subarray(0, at),
        5,
        ...write(memory.length),
        ...memory,
        ...bytes.subarray(body + size),
      ]);
    }
    at = body + size;
  }
  throw new Error("lstm.wasm has no memory section");
}
