import { readFileSync } from "node:fs";
import * as ordinary from "lstm-wasm";
import { describe, expect, test } from "vitest";
import { dist, realm, SPY } from "./support/realm.js";
import { bits, refuses, rejects, thrown, wave } from "./support/refusal.js";

const OPTIONS = { inputSize: 3, hiddenSize: 5, numLayers: 2, bidirectional: true, seed: 42 };
const X = { data: wave(36), shape: [6, 2, 3] };
const bytes = Uint8Array.from(readFileSync(dist("lstm.wasm")));
const expected = answer(ordinary);

function answer({ LSTM }: Pick<typeof ordinary, "LSTM">): number[][] {
  const [output, [hn, cn]] = new LSTM(OPTIONS).forward(X);
  return bits(output, hn, cn);
}

/** A copy of lstm-wasm/slim that nobody has given a module yet. */
const fresh = () => realm().loadSlim();
const wasm = (init: ResponseInit = {}) =>
  new Response(bytes, { headers: { "content-type": "application/wasm" }, ...init });

/** What init takes, by its name. */
const SOURCES: Record<string, () => Parameters<ReturnType<typeof fresh>["init"]>[0]> = {
  "a Uint8Array": () => bytes,
  "a Buffer": () => readFileSync(dist("lstm.wasm")),
  "an ArrayBuffer": () => bytes.slice().buffer,
  "a DataView": () => new DataView(bytes.buffer),
  "a view into the middle of a buffer": () => {
    const larger = new Uint8Array(bytes.length + 64);
    larger.set(bytes, 32);
    return larger.subarray(32, 32 + bytes.length);
  },
  "a Module": () => new WebAssembly.Module(bytes),
  "a promise of a Module": () => WebAssembly.compile(bytes),
  "a Response": () => wasm(),
  "a promise of a Response": () => Promise.resolve(wasm()),
  "a Response of no type": () => new Response(bytes),
  "a promise of bytes": () => Promise.resolve(bytes),
};

describe("before init", () => {
  test("nothing works, and the error says what to do", () => {
    const { LSTM, LSTMCell } = fresh();
    for (const make of [() => new LSTM(OPTIONS), () => new LSTMCell({ inputSize: 1, hiddenSize: 1 })]) {
      refuses(make, "WASM_UNAVAILABLE", "lstm-wasm/slim", "init", "lstm.wasm");
    }
  });

  test("tensors and packing work, and bad options are refused as such", () => {
    const { LSTM, Tensor, packSequence } = fresh();
    expect(packSequence([Tensor.zeros([2, 3])]).steps).toBe(2);
    refuses(() => new LSTM({ inputSize: 0, hiddenSize: 1 }), "OPTION", "inputSize");
  });

  test("a failed try does no harm", async () => {
    const lib = fresh();
    thrown(() => new lib.LSTM(OPTIONS));
    await lib.init(bytes);
    expect(answer(lib)).toEqual(expected);
  });
});

describe("init", () => {
  test.each(Object.keys(SOURCES))("with %s gives the bits of the default entry", async (name) => {
    const lib = fresh();
    await lib.init((SOURCES[name] as () => never)());
    expect(answer(lib)).toEqual(expected);
  });

  test("with bytes of its own realm", async () => {
    const place = realm(SPY);
    const lib = place.loadSlim();
    await lib.init(place.run("(bytes) => Uint8Array.from(bytes)")(bytes));
    expect(answer(lib)).toEqual(expected);
  });

  test("makes no instance yet", async () => {
    const place = realm(SPY);
    await place.loadSlim().init(bytes);
    expect(place.run("instances.length")).toBe(0);
  });

  test("again, before and after the first object, is allowed", async () => {
    const lib = fresh();
    await Promise.all([lib.init(bytes), lib.init(bytes)]);
    const lstm = new lib.LSTM(OPTIONS);
    await lib.init(new WebAssembly.Module(bytes));
    expect(bits(lstm.forward(X)[0])).toEqual(expected.slice(0, 1));
    expect(answer(lib)).toEqual(expected);
  });
});

describe("init refuses, and takes a good module afterwards", () => {
  const html = () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
  const bad: Record<string, [source: () => unknown, ...parts: string[]]> = {
    "a missing file": [() => wasm({ status: 404 }), "404"],
    "a server's error": [() => wasm({ status: 500 }), "500"],
    "a promise of a missing file": [() => Promise.resolve(wasm({ status: 404 })), "404"],
    "a page instead of the file": [html, "did not compile", "magic"],
    "an empty Response": [() => new Response(null), "did not compile"],
    garbage: [() => new Uint8Array([1, 2, 3, 4]), "did not compile"],
    "no bytes": [() => new Uint8Array(0), "did not compile"],
    "half a file": [() => bytes.slice(0, bytes.length >> 1), "did not compile"],
    "a flipped byte": [() => bytes.map((byte, at) => (at === 4 ? 9 : byte)), "did not compile"],
    "detached bytes": [detached, "init"],
    "a path": [() => "lstm.wasm", "init", '"lstm.wasm"'],
    "a URL": [() => new URL("file:///lstm.wasm"), "init", "got"],
    undefined: [() => undefined, "init", "undefined"],
    null: [() => null, "init", "null"],
    "a number": [() => 7, "init", "7"],
    floats: [() => new Float32Array(3), "init", "Float32Array"],
    "an instance": [
      () => new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))),
      "init",
    ],
    "a Response that was read already": [read, "init"],
    "a fetch that failed": [() => Promise.reject(new TypeError("fetch failed")), "init", "fetch failed"],
  };

  test.each(Object.keys(bad))("%s", async (name) => {
    const [source, ...parts] = bad[name] as (typeof bad)[string];
    const lib = fresh();
    await rejects(lib.init(source() as never), "WASM_UNAVAILABLE", ...parts);
    refuses(() => new lib.LSTM(OPTIONS), "WASM_UNAVAILABLE");
    await lib.init(bytes);
    expect(answer(lib)).toEqual(expected);
    await rejects(lib.init(new Uint8Array(3)), "WASM_UNAVAILABLE");
    expect(answer(lib)).toEqual(expected);
  });

  test("another program's module, in init or at the first object", async () => {
    const other = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0); // a module of nothing
    // One that imports something, as modules of earlier versions do: a memory, `i.m`.
    const earlier = Uint8Array.of(...other, 2, 8, 1, 1, 105, 1, 109, 2, 0, 0);
    for (const source of [other, new WebAssembly.Module(other), earlier]) {
      const lib = fresh();
      try {
        await lib.init(source);
        new lib.LSTM(OPTIONS);
        expect.fail("nothing was thrown");
      } catch (error) {
        expect(error).toMatchObject({ name: "LSTMError", code: "WASM_UNAVAILABLE" });
        expect((error as Error).message).toMatch(/another program's or version's module/);
      }
      await lib.init(bytes);
      expect(answer(lib)).toEqual(expected);
    }
  });

  function detached(): Uint8Array {
    const copy = bytes.slice();
    structuredClone(copy, { transfer: [copy.buffer] });
    return copy;
  }

  async function read(): Promise<Response> {
    const response = wasm();
    await response.arrayBuffer();
    return response;
  }
});
