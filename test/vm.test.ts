/** Runtimes that have little, or not what is needed: AudioWorklets, strict pages, old engines, crashes. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import * as ordinary from "lstm-wasm";
import { describe, expect, onTestFinished, test } from "vitest";
import { dist, realm, SPY, withMemoryLimit } from "./support/realm.js";
import { bits, refuses, thrown, wave } from "./support/refusal.js";

const OPTIONS = { inputSize: 3, hiddenSize: 5, numLayers: 2, seed: 42 };
const X = { data: wave(36), shape: [6, 2, 3] };

/** A forward, a stream, a cell, a packed forward and their bits. */
function everything({ LSTM, LSTMCell, packPaddedSequence }: typeof ordinary): unknown {
  const lstm = new LSTM(OPTIONS);
  const [output, [hn, cn]] = lstm.forward(X);
  const stream = lstm.stream({ batchSize: 2 });
  const steps = Array.from({ length: 6 }, (_, t) => stream.step(X.data.subarray(t * 6, t * 6 + 6)).slice());
  const cell = new LSTMCell({ inputSize: 3, hiddenSize: 4, seed: 1 }).forward([1, 2, 3]);
  const [packed] = lstm.forward(packPaddedSequence(X, [2, 6], { enforceSorted: false }));
  return [bits(output, hn, cn), bits(...steps), bits(...cell), bits(packed.data), String(output)];
}

/** What `node` prints for an ES module. */
const node = (code: string, ...flags: string[]): string =>
  execFileSync(process.execPath, [...flags, "--input-type=module", "--eval", code], { encoding: "utf8" });
const entry = JSON.stringify(pathToFileURL(dist("index.js")));

describe("a bare context", () => {
  test("has none of what AudioWorklets lack", () => {
    const absent =
      "TextDecoder TextEncoder atob btoa fetch URL Buffer process console crypto performance setTimeout structuredClone";
    for (const name of absent.split(" ")) expect(realm().run(`typeof ${name}`), name).toBe("undefined");
    expect(realm().run("typeof WebAssembly")).toBe("object");
  });

  test("gives the same bits as Node", () => {
    expect(everything(realm().load())).toEqual(everything(ordinary));
  });

  test("as an ES module, too", () => {
    const printed = node(
      `import { createContext, SourceTextModule } from "node:vm";
       import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
       const context = createContext({});
       const modules = new Map();
       const load = (url) => {
         const made = modules.get(url.href) ?? new SourceTextModule(readFileSync(url, "utf8"), { context, identifier: url.href });
         modules.set(url.href, made);
         return made;
       };
       const root = load(new URL(${entry}));
       await root.link((name, parent) => load(new URL(name, parent.identifier)));
       await root.evaluate();
       const lstm = new root.namespace.LSTM(${JSON.stringify(OPTIONS)});
       console.log(JSON.stringify(lstm.forward([[1, 2, 3]])[0].toArray()));`,
      "--experimental-vm-modules",
      "--no-warnings",
    );
    expect(JSON.parse(printed)).toEqual(new ordinary.LSTM(OPTIONS).forward([[1, 2, 3]])[0].toArray());
  });

  test("weights without a seed, though there is no crypto", () => {
    const { LSTM } = realm().load();
    const weights = () => bits(new LSTM({ inputSize: 3, hiddenSize: 4 }).parameters()[0]?.data as Float32Array);
    expect(weights()).not.toEqual(weights());
  });

  test("dropout with one layer warns nobody and works, though there is no console", () => {
    expect(
      new (realm().load().LSTM)({ inputSize: 3, hiddenSize: 4, dropout: 0.5 }).forward([[1, 2, 3]])[0].shape,
    ).toEqual([1, 4]);
  });

  test("without FinalizationRegistry and Symbol.dispose", () => {
    const bare = realm("delete globalThis.FinalizationRegistry; delete globalThis.WeakRef;").load();
    expect(everything(bare)).toEqual(everything(ordinary));
    const lstm = new bare.LSTM(OPTIONS);
    lstm.dispose();
    refuses(() => lstm.forward(X), "DISPOSED", "LSTM");
    const old = node(
      `const { Symbol } = globalThis; // its own dispose cannot be deleted
       globalThis.Symbol = new Proxy(() => {}, { get: (_, key) => (key === "dispose" ? undefined : Symbol[key]) });
       const { LSTM } = await import(${entry});
       const lstm = new LSTM(${JSON.stringify(OPTIONS)}); lstm.dispose(); lstm.dispose();
       console.log(Object.getOwnPropertyNames(Object.getPrototypeOf(LSTM.prototype)).includes("undefined"));`,
    );
    expect(old.trim()).toBe("false");
  });

  test("errors name what came, though it came from another realm", () => {
    const { LSTM } = realm().load();
    const lstm = new LSTM(OPTIONS);
    refuses(() => lstm.forward(new Float64Array(3) as never), "DTYPE", "Float64Array");
    refuses(() => lstm.forward({ data: X.data, shape: [6, 2, 4] }), "SHAPE_MISMATCH", "48", "36");
    refuses(() => lstm.forward(X, [X] as never), "STATE", "[h0, c0]");
  });

  test("two realms: tensors are common property, objects are not", () => {
    const [a, b] = [realm().load(), realm().load()];
    const [lstmA, lstmB] = [new a.LSTM(OPTIONS), new b.LSTM(OPTIONS)];
    const [, state] = lstmA.forward(X);
    expect(bits(lstmB.forward(X, state)[0])).toEqual(bits(lstmA.forward(X, state)[0]));
    expect(bits(lstmB.forward(X, [...state])[0])).toEqual(bits(new ordinary.LSTM(OPTIONS).forward(X, state)[0]));
    lstmB.loadStateDict(new a.LSTM({ ...OPTIONS, seed: 1 }).stateDict());
    expect(bits(lstmB.forward(X)[0])).toEqual(bits(new ordinary.LSTM({ ...OPTIONS, seed: 1 }).forward(X)[0]));
    const packed = a.packPaddedSequence(X, [6, 2]);
    expect(thrown(() => lstmB.forward(packed))).toMatchObject({ name: "LSTMError" });
    lstmA.dispose();
    expect(lstmB.forward(X)[0].shape).toEqual([6, 2, 5]);
  });
});

describe("loading", () => {
  test("compiles nothing until the first LSTM, and then once", () => {
    const place = realm(SPY);
    const { LSTM, LSTMCell, Tensor } = place.load();
    Tensor.zeros([3, 3]);
    refuses(() => new LSTM({ inputSize: 0, hiddenSize: 1 }), "OPTION");
    expect(place.run("[modules, instances.length]")).toEqual([0, 0]);
    new LSTM(OPTIONS);
    new LSTMCell({ inputSize: 1, hiddenSize: 1 });
    new LSTM(OPTIONS);
    expect(place.run("[modules, instances.length]")).toEqual([1, 1]);
  });

  test("has no side effect: no entropy, no WebAssembly, no new global, no console", () => {
    const printed = node(
      `const before = Object.getOwnPropertyNames(globalThis);
       const used = [];
       const watch = (name, target) => new Proxy(target, {
         get: (o, key) => { used.push(name + "." + String(key)); const v = Reflect.get(o, key); return typeof v === "function" && name !== "WebAssembly" ? v.bind(o) : v; },
       });
       Object.defineProperty(globalThis, "WebAssembly", { value: watch("WebAssembly", WebAssembly), configurable: true });
       Object.defineProperty(globalThis, "crypto", { value: watch("crypto", crypto), configurable: true });
       Math.random = () => { used.push("random"); return 0.5; };
       for (const name of ["fetch", "setTimeout"]) globalThis[name] = () => used.push(name);
       await import(${entry});
       await import(${entry.replace("index.js", "slim/slim.js")});
       console.log(JSON.stringify([used, Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name))]));`,
    );
    expect(JSON.parse(printed)).toEqual([[], []]);
  });

  test("by require, where Node can require an ES module", () => {
    // Without a flag since Node 20.19 and 22.12; 20.x prints a warning on stderr.
    const code = `const { LSTM } = require(${JSON.stringify(dist("index.js"))});
      console.log(JSON.stringify(new LSTM(${JSON.stringify(OPTIONS)}).forward([[1, 2, 3]])[0].toArray()));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=commonjs", "--eval", code], {
      encoding: "utf8",
    });
    expect(stdout, stderr).not.toBe("");
    expect(JSON.parse(stdout)).toEqual(new ordinary.LSTM(OPTIONS).forward([[1, 2, 3]])[0].toArray());
  });

  test("twice gives two copies that know nothing of each other, and take each other's tensors", async () => {
    // Another file of each: a query at the entry's URL would leave the files that entries share as they are. Vitest leaves
    // what lies in node_modules to Node.
    const folder = mkdtempSync(`${dist("../target")}/copy-`);
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const place = `${folder}/node_modules/lstm-wasm`;
    cpSync(dist("."), place, { recursive: true });
    writeFileSync(`${place}/package.json`, '{ "type": "module" }');
    const copy = (await import(/* @vite-ignore */ pathToFileURL(`${place}/index.js`).href)) as typeof ordinary;
    expect(copy.LSTM).not.toBe(ordinary.LSTM);
    expect(everything(copy)).toEqual(everything(ordinary));
    const [a, b] = [new copy.LSTM(OPTIONS), new ordinary.LSTM(OPTIONS)];
    const [output, state] = a.forward(X);
    expect(bits(b.forward(X, state)[0])).toEqual(bits(a.forward(X, state)[0]));
    a.dispose();
    expect(bits(b.forward(X)[0])).toEqual(bits(output));
  });
});

describe("without WebAssembly", () => {
  const fails = (before: string, after: string, ...parts: string[]) => {
    const place = realm(before);
    const { LSTM } = place.load();
    const make = () => new LSTM(OPTIONS);
    refuses(make, "WASM_UNAVAILABLE", ...parts);
    refuses(make, "WASM_UNAVAILABLE", ...parts);
    refuses(() => new LSTM({ inputSize: 1.5, hiddenSize: 1 }), "OPTION"); // bad options are bad options here too
    place.run(after);
    expect(bits(make().forward(X)[0])).toEqual(bits(new ordinary.LSTM(OPTIONS).forward(X)[0]));
  };

  test("none at all", () => {
    fails("var saved = WebAssembly; delete globalThis.WebAssembly", "WebAssembly = saved", "needs WebAssembly", "none");
  });

  test("undefined", () => {
    fails("var saved = WebAssembly; WebAssembly = undefined", "WebAssembly = saved", "needs WebAssembly", "none");
  });

  test("refused at Module, as Chromium and Firefox do under a Content-Security-Policy", () => {
    fails(
      `var saved = WebAssembly.Module;
       WebAssembly.Module = function () { throw new WebAssembly.CompileError("Refused to compile: violates 'script-src'"); }`,
      "WebAssembly.Module = saved",
      "Content-Security-Policy",
      "'wasm-unsafe-eval'",
      "CompileError",
      "violates",
    );
  });

  test("refused at Instance, as WebKit does", () => {
    fails(
      `var saved = WebAssembly.Instance;
       WebAssembly.Instance = function () { throw new WebAssembly.CompileError("Refused to create a WebAssembly object"); }`,
      "WebAssembly.Instance = saved",
      "'wasm-unsafe-eval'",
      "Refused to create",
    );
  });

  test("no SIMD", () => {
    fails(
      `var saved = [WebAssembly.Module, WebAssembly.validate];
       WebAssembly.Module = function () { throw new WebAssembly.CompileError("Wasm SIMD unsupported"); };
       WebAssembly.validate = (bytes) => !bytes.includes(0x7b); // the type of vectors`,
      "[WebAssembly.Module, WebAssembly.validate] = saved",
      "needs WebAssembly SIMD",
      "Safari 16.4",
    );
  });

  test("no memory for another instance", () => {
    fails(
      `var saved = WebAssembly.Instance;
       WebAssembly.Instance = function () { throw new RangeError("Out of memory: Cannot allocate Wasm memory"); }`,
      "WebAssembly.Instance = saved",
      "Out of memory",
    );
  });

  test("keeps the cause", () => {
    const { LSTM } = realm(`WebAssembly.Module = function () { throw "no" }`).load();
    expect(thrown(() => new LSTM(OPTIONS))).toMatchObject({ code: "WASM_UNAVAILABLE", cause: "no" });
  });
});

describe("a crash inside WebAssembly", () => {
  /** Throws once, in the export and on the call told, as an engine does at `unreachable`. */
  const CRASH = `
    ${SPY}
    var crash = { name: "", error: () => new WebAssembly.RuntimeError("unreachable") };
    WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
      construct(target, args) {
        const { exports } = Reflect.construct(target, args);
        const patched = {};
        for (const [name, value] of Object.entries(exports)) {
          patched[name] = typeof value !== "function" ? value : (...args) => {
            if (crash.name !== name) return value(...args);
            crash.name = "";
            throw crash.error();
          };
        }
        return { exports: patched };
      },
    });`;

  const fresh = () => {
    const place = realm(CRASH);
    const lib = place.load();
    return { lib, crash: (name: string) => place.run(`crash.name = ${JSON.stringify(name)}`), place };
  };

  test("in forward: the objects of that instance say so, and new ones work", () => {
    const { lib, crash, place } = fresh();
    const [lstm, bystander] = [new lib.LSTM(OPTIONS), new lib.LSTM({ ...OPTIONS, seed: 2 })];
    const cell = new lib.LSTMCell({ inputSize: 3, hiddenSize: 4 });
    const stream = bystander.stream();
    const expected = bits(lstm.forward(X)[0]);
    crash("forward");
    refuses(() => lstm.forward(X), "INSTANCE_TRAPPED", "crashed", "unreachable", "make a new object");
    const later: [string, () => unknown][] = [
      ["forward", () => lstm.forward(X)],
      ["bystander.forward", () => bystander.forward(X)],
      ["cell.forward", () => cell.forward([1, 2, 3])],
      ["stream.step", () => stream.step(wave(3))],
      ["stream.run", () => stream.run([[1, 2, 3]])],
      ["stream.state", () => stream.state],
      ["stream.reset", () => stream.reset()],
      ["lstm.stream", () => lstm.stream()],
    ];
    for (const [name, action] of later) {
      expect(thrown(action), name).toMatchObject({ name: "LSTMError", code: "INSTANCE_TRAPPED" });
    }
    for (const object of [lstm, bystander, cell, stream]) {
      object.dispose();
      object.dispose();
    }
    refuses(() => lstm.forward(X), "DISPOSED");
    expect(bits(new lib.LSTM(OPTIONS).forward(X)[0])).toEqual(expected);
    expect(place.run("[modules, instances.length]")).toEqual([1, 2]);
  });

  test("keeps the cause", () => {
    const { lib, crash } = fresh();
    const lstm = new lib.LSTM(OPTIONS);
    crash("forward");
    const error = thrown(() => lstm.forward(X)) as Error;
    expect(String(error.cause)).toBe("RuntimeError: unreachable");
    expect(String((thrown(() => lstm.forward(X)) as Error).cause)).toBe("RuntimeError: unreachable");
  });

  test("reading and writing weights of a crashed instance says so: they are not to be trusted", () => {
    const { lib, crash } = fresh();
    const lstm = new lib.LSTM(OPTIONS);
    crash("forward");
    thrown(() => lstm.forward(X));
    refuses(() => lstm.stateDict(), "INSTANCE_TRAPPED");
    refuses(() => lstm.parameters()[0]?.data, "INSTANCE_TRAPPED");
    refuses(() => lstm.loadStateDict(new lib.LSTM(OPTIONS).stateDict()), "INSTANCE_TRAPPED");
  });

  test.each(["stackNew", "parameterCount", "parameter"])("in %s: new LSTM says so, and the next works", (name) => {
    const { lib, crash } = fresh();
    const expected = bits(new lib.LSTM(OPTIONS).forward(X)[0]);
    crash(name);
    refuses(() => new lib.LSTM(OPTIONS), "INSTANCE_TRAPPED");
    expect(bits(new lib.LSTM(OPTIONS).forward(X)[0])).toEqual(expected);
  });

  test("in a finaliser: not an uncaught exception that ends the process", () => {
    const printed = node(
      `const { Instance, RuntimeError } = WebAssembly;
       let armed = false, thrown = 0;
       WebAssembly.Instance = function (...args) {
         const { exports } = new Instance(...args);
         const stackFree = (id) => { if (armed) { thrown++; throw new RuntimeError("unreachable"); } exports.stackFree(id); };
         return { exports: { ...exports, stackFree } };
       };
       const { LSTM } = await import(${entry});
       const options = ${JSON.stringify(OPTIONS)};
       const drop = () => { new LSTM(options); };
       drop();
       armed = true;
       for (let turn = 0; turn < 50 && thrown === 0; turn++) { gc(); await new Promise((done) => setTimeout(done, 2)); }
       armed = false;
       console.log(thrown, new LSTM(options).forward([[1, 2, 3]])[0].shape.join());`,
      "--expose-gc",
    );
    expect(printed.trim()).toBe("1 1,5");
  });

  test.each(["reserve", "address", "parametersChanged"])("in %s", (name) => {
    const { lib, crash } = fresh();
    const lstm = new lib.LSTM(OPTIONS);
    crash(name);
    refuses(() => lstm.forward(X), "INSTANCE_TRAPPED");
    lstm.dispose();
    new lib.LSTM(OPTIONS).forward(X);
  });

  test.each(["streamNew", "streamAddress", "streamStep", "reserve", "streamRun", "streamSave", "streamLoad"])(
    "in %s",
    (name) => {
      const { lib, crash } = fresh();
      const lstm = new lib.LSTM(OPTIONS);
      crash(name);
      const use = () => {
        const stream = lstm.stream();
        stream.step(wave(3));
        stream.run([[1, 2, 3]]);
        Object.assign(stream, { state: stream.state });
      };
      refuses(use, "INSTANCE_TRAPPED");
      refuses(use, "INSTANCE_TRAPPED");
      lstm.dispose();
      new lib.LSTM(OPTIONS).forward(X);
    },
  );

  test("in the very freeing: dispose ends it, and new ones work", () => {
    const { lib, crash } = fresh();
    const lstm = new lib.LSTM(OPTIONS);
    crash("stackFree");
    try {
      lstm.dispose();
    } catch (error) {
      expect(error).toMatchObject({ code: "INSTANCE_TRAPPED" });
    }
    lstm.dispose();
    new lib.LSTM(OPTIONS).forward(X);
  });

  test("whatever was thrown, undefined and null included", () => {
    for (const what of ["undefined", "null", "new RangeError('Maximum call stack size exceeded')"]) {
      const { lib, crash, place } = fresh();
      const lstm = new lib.LSTM(OPTIONS);
      place.run(`crash.error = () => ${what}`);
      crash("forward");
      expect(
        thrown(() => lstm.forward(X)),
        what,
      ).toMatchObject({ code: "INSTANCE_TRAPPED" });
      new lib.LSTM(OPTIONS).forward(X);
    }
  });

  test("again and again", () => {
    const { lib, crash } = fresh();
    const expected = bits(new lib.LSTM(OPTIONS).forward(X)[0]);
    for (let round = 0; round < 20; round++) {
      const lstm = new lib.LSTM(OPTIONS);
      expect(bits(lstm.forward(X)[0])).toEqual(expected);
      crash("forward");
      thrown(() => lstm.forward(X));
    }
  });
});

describe("memory that runs out for real", () => {
  const bytes = readFileSync(dist("lstm.wasm"));
  /** The package with a memory of 4 MiB in all. */
  const small = async () => {
    const place = realm(SPY);
    const lib = place.loadSlim();
    await lib.init(withMemoryLimit(bytes, 64) as Uint8Array<ArrayBuffer>);
    return lib;
  };

  test("in forward: refused, and the same bits afterwards", async () => {
    const lib = await small();
    const lstm = new lib.LSTM(OPTIONS);
    const expected = bits(lstm.forward(X)[0]);
    for (let round = 0; round < 3; round++) {
      for (const steps of [40_000, 60_000, 100_000, 400_000, 300_000, 50_000]) {
        try {
          lstm.forward(lib.Tensor.zeros([steps, 1, 3]));
        } catch (error) {
          expect(error).toMatchObject({ code: "OUT_OF_MEMORY" });
        }
        expect(bits(lstm.forward(X)[0])).toEqual(expected);
      }
      refuses(
        () => lstm.forward(lib.Tensor.zeros([400_000, 1, 3])),
        "OUT_OF_MEMORY",
        "400000 steps",
        "1 sequences",
        "4 GiB",
      );
      const stream = lstm.stream({ batchSize: 2 });
      refuses(() => stream.run(lib.Tensor.zeros([400_000, 2, 3])), "OUT_OF_MEMORY", "400000 steps");
      refuses(() => lstm.stream({ batchSize: 200_000 }), "OUT_OF_MEMORY", "batch size 200000");
      expect(bits(stream.run(X))).toEqual(expected);
      stream.dispose();
    }
  });

  // How much room there is at each size decides which of training's buffers is refused.
  test.each([10_000, 15_000, 20_000, 30_000, 100_000])(
    "in a training step of %d rows: refused, and the step before still goes back",
    async (rows) => {
      const lib = await small();
      const gradients = (refused: boolean) => {
        const cell = new lib.LSTMCell({ inputSize: 3, hiddenSize: 5, seed: 1 }).train();
        cell.forward({ data: wave(6), shape: [2, 3] });
        if (refused) refuses(() => cell.forward(lib.Tensor.zeros([rows, 3])), "OUT_OF_MEMORY", `${rows} sequences`);
        cell.backward([{ data: wave(10), shape: [2, 5] }]);
        const found = cell.parameters().map(({ grad }) => [...(grad as Float32Array)]);
        cell.dispose();
        return found;
      };
      expect(gradients(true)).toEqual(gradients(false));
    },
  );

  test("in new LSTM: refused until another is disposed", async () => {
    const lib = await small();
    const big = { inputSize: 200, hiddenSize: 200, seed: 1 }; // 2.6 MB with the packed copy
    const lstm = new lib.LSTM(big);
    refuses(() => new lib.LSTM(big), "OUT_OF_MEMORY", "an LSTM of these sizes");
    refuses(() => new lib.LSTMCell(big), "OUT_OF_MEMORY", "an LSTMCell of these sizes");
    const dict = lstm.stateDict();
    refuses(() => lib.LSTM.fromStateDict(dict), "OUT_OF_MEMORY");
    lstm.dispose();
    expect(new lib.LSTM(big).parameters()).toHaveLength(4);
  });

  test.each([1, 7, 40])("with many LSTMs of %d units: always OUT_OF_MEMORY, never a crash", async (hiddenSize) => {
    const lib = await small();
    const first = new lib.LSTM(OPTIONS);
    const expected = bits(first.forward(X)[0]);
    const kept: { dispose(): void }[] = [];
    const fill = () => {
      for (;;) kept.push(new lib.LSTM({ inputSize: 1, hiddenSize, seed: 1 }));
    };
    refuses(fill, "OUT_OF_MEMORY", "an LSTM of these sizes");
    refuses(fill, "OUT_OF_MEMORY");
    expect(bits(first.forward(X)[0])).toEqual(expected);
    kept.pop()?.dispose();
    const streams = () => {
      for (;;) kept.push(first.stream());
    };
    refuses(streams, "OUT_OF_MEMORY", "a stream of batch size 1");
    expect(bits(first.forward(X)[0])).toEqual(expected);
    for (const object of kept) object.dispose();
    new lib.LSTM({ inputSize: 1, hiddenSize, seed: 1 }).forward([[1]]);
  });
});
