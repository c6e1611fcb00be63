/** How objects end, what they leave behind, and what a steady loop costs. */
import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { LSTM, LSTMCell, packPaddedSequence, packSequence, Tensor } from "lstm-wasm";
import { describe, expect, test } from "vitest";
import { dist, MEMORY_BYTES, realm, SPY } from "./support/realm.js";
import { bits, refuses, wave } from "./support/refusal.js";

const OPTIONS = { inputSize: 3, hiddenSize: 5, numLayers: 2, seed: 42 };
const X = new Tensor(wave(36), [6, 2, 3]);
const entry = JSON.stringify(pathToFileURL(dist("index.js")));

/** What a script prints as JSON, in a process with a garbage collector to call. */
const inProcess = (code: string): never =>
  JSON.parse(
    execFileSync(
      process.execPath,
      ["--expose-gc", "--input-type=module", "--eval", `import * as lib from ${entry};\n${code}`],
      {
        encoding: "utf8",
        timeout: 60_000,
      },
    ),
  ) as never;

describe("dispose", () => {
  test("may be called twice, and again", () => {
    const lstm = new LSTM(OPTIONS);
    const [stream, cell] = [lstm.stream(), new LSTMCell({ inputSize: 1, hiddenSize: 1 })];
    for (const object of [stream, lstm, cell, stream, lstm, cell]) {
      expect(object.dispose()).toBeUndefined();
      object[Symbol.dispose]();
    }
  });

  test("ends everything that touches WebAssembly, with one clear error", () => {
    const lstm = new LSTM(OPTIONS);
    const [weight, stream] = [lstm.parameters()[0], lstm.stream()];
    const dict = lstm.stateDict();
    const state = stream.state;
    const out = lstm.forward(X);
    lstm.dispose();
    const uses: Record<string, () => unknown> = {
      forward: () => lstm.forward(X),
      "forward of nothing": () => lstm.forward(Tensor.zeros([0, 2, 3])),
      "forward of wrong input": () => lstm.forward([1]),
      "forward with out": () => lstm.forward(X, undefined, { out }),
      stream: () => lstm.stream(),
      stateDict: () => lstm.stateDict(),
      loadStateDict: () => lstm.loadStateDict(dict),
      "parameters()[0].data": () => lstm.parameters()[0]?.data,
      "a parameter's data": () => weight?.data,
      "a parameter's set": () => weight?.set(Tensor.zeros([20, 3])),
      "namedParameters data": () => lstm.namedParameters().map(([, { data }]) => data),
      "stream.step": () => stream.step(wave(3)),
      "stream.step()": () => stream.step(),
      "stream.run": () => stream.run([[1, 2, 3]]),
      "stream.input": () => stream.input,
      "stream.state": () => stream.state,
      "stream.state =": () => Object.assign(stream, { state }),
      "stream.reset": () => stream.reset(),
    };
    for (const use of Object.values(uses)) refuses(use, "DISPOSED", "this LSTM was disposed");
    stream.dispose();
    refuses(() => stream.step(wave(3)), "DISPOSED", "disposed");

    const cell = new LSTMCell({ inputSize: 3, hiddenSize: 2 });
    cell[Symbol.dispose]();
    refuses(() => cell.forward([1, 2, 3]), "DISPOSED", "this LSTMCell was disposed");
    refuses(() => cell.stateDict(), "DISPOSED", "this LSTMCell was disposed");
  });

  test("leaves sizes, modes and results readable", () => {
    const lstm = new LSTM(OPTIONS);
    const [output, [hn]] = lstm.forward(X);
    const before = bits(output, hn);
    lstm.dispose();
    new LSTM({ ...OPTIONS, seed: 1 }).forward(X);
    expect(bits(output, hn)).toEqual(before);
    expect([lstm.inputSize, lstm.hiddenSize, lstm.numLayers, lstm.projSize, lstm.training]).toEqual([
      3,
      5,
      2,
      0,
      false,
    ]);
    expect(lstm.parameters().map(({ name }) => name)).toContain("weight_ih_l1");
  });

  test("of a stream leaves its LSTM and other streams alone", () => {
    const lstm = new LSTM(OPTIONS);
    const expected = bits(lstm.forward(X)[0]);
    const [a, b, reference] = [lstm.stream(), lstm.stream(), lstm.stream()];
    for (const stream of [a, b, reference]) stream.step(wave(3));
    a.dispose();
    for (const use of [
      () => a.step(wave(3)),
      () => a.input,
      () => a.state,
      () => a.run([[1, 2, 3]]),
      () => a.reset(),
    ]) {
      refuses(use, "DISPOSED", "this stream was disposed");
    }
    const c = lstm.stream(); // takes a's place
    c.step(wave(3, 5));
    expect(bits(b.step(wave(3, 1)).slice())).toEqual(bits(reference.step(wave(3, 1)).slice()));
    refuses(() => a.step(wave(3)), "DISPOSED");
    a.dispose();
    c.step(wave(3));
    expect(bits(lstm.forward(X)[0])).toEqual(expected);
  });

  test("by `using`", () => {
    let leaked: LSTM;
    {
      using lstm = new LSTM(OPTIONS);
      using stream = lstm.stream();
      stream.step(wave(3));
      leaked = lstm;
    }
    refuses(() => leaked.forward(X), "DISPOSED");
  });

  test("a handle given out again is another object's: the old one stays disposed", () => {
    const old = new LSTM(OPTIONS);
    const oldStream = old.stream();
    old.dispose();
    const heir = new LSTM({ ...OPTIONS, seed: 7 });
    const heirStream = heir.stream();
    const expected = bits(heir.forward(X)[0]);
    for (const use of [() => old.forward(X), () => old.stateDict(), () => oldStream.step(wave(3))])
      refuses(use, "DISPOSED");
    old.dispose();
    oldStream.dispose();
    heirStream.step(wave(3));
    expect(bits(heir.forward(X)[0])).toEqual(expected);
  });

  test("in any order among many, nothing gets mixed up", () => {
    const sizes = [1, 2, 3, 4, 5, 8, 13];
    const make = (seed: number) => {
      const hiddenSize = sizes[seed % sizes.length] as number;
      const lstm = new LSTM({ inputSize: 3, hiddenSize, numLayers: 1 + (seed % 3), seed });
      return { lstm, stream: lstm.stream({ batchSize: 2 }), expected: bits(lstm.forward(X)[0]) };
    };
    const alive = Array.from({ length: 20 }, (_, seed) => make(seed));
    for (let round = 0; round < 200; round++) {
      const at = (round * 7919) % alive.length;
      const [gone] = alive.splice(at, 1);
      if (round % 2 === 0) gone?.stream.dispose();
      gone?.lstm.dispose();
      gone?.stream.dispose();
      alive.push(make(100 + round));
      const { lstm, stream, expected } = alive[(round * 31) % alive.length] as (typeof alive)[number];
      expect(bits(lstm.forward(X)[0])).toEqual(expected);
      stream.reset();
      expect(bits(stream.run(X))).toEqual(expected);
    }
    for (const { lstm } of alive) lstm.dispose();
  });
});

describe("memory", () => {
  const fresh = () => {
    const place = realm(SPY);
    return { lib: place.load(), bytes: () => place.run(MEMORY_BYTES) as number };
  };

  test("2,000 rounds of new, forward, stream and dispose do not grow it", () => {
    const { lib, bytes } = fresh();
    const round = (seed: number) => {
      const lstm = new lib.LSTM({
        inputSize: 20 + (seed % 7),
        hiddenSize: 16 + (seed % 5),
        bidirectional: seed % 3 === 0,
        seed,
      });
      lstm.forward(lib.Tensor.zeros([1 + (seed % 40), 3, 20 + (seed % 7)]));
      const stream = lstm.bidirectional ? undefined : lstm.stream();
      stream?.step();
      // In either order, or without the stream's own dispose.
      if (seed % 2 === 0) stream?.dispose();
      lstm.dispose();
      stream?.dispose();
    };
    for (let seed = 0; seed < 100; seed++) round(seed);
    const before = bytes();
    for (let seed = 100; seed < 2100; seed++) round(seed);
    expect(bytes() - before).toBeLessThanOrEqual(128 << 10);
  });

  test("nor do refused objects and refused calls", () => {
    const { lib, bytes } = fresh();
    const lstm = new lib.LSTM(OPTIONS);
    const dict = lstm.stateDict();
    const round = () => {
      const actions = [
        () => new lib.LSTM({ inputSize: 3, hiddenSize: 65536 }),
        () => new lib.LSTM({ inputSize: 3, hiddenSize: 4, projSize: 4 }),
        () => lstm.stream({ batchSize: 2 ** 30 }),
        () => lib.LSTM.fromStateDict({ ...dict, extra: [1] }),
        () => lib.LSTM.fromStateDict({ ...dict, bias_hh_l1: [1] }),
        () => lstm.forward(lib.Tensor.zeros([6, 2, 4])),
      ];
      for (const action of actions) expect(action).toThrow();
    };
    for (let index = 0; index < 20; index++) round();
    const before = bytes();
    for (let index = 0; index < 300; index++) round();
    expect(bytes()).toBe(before);
  });

  test("nor does a steady mix of calls on one LSTM", () => {
    const { lib, bytes } = fresh();
    const lstm = new lib.LSTM(OPTIONS);
    const stream = lstm.stream();
    const shapes = [1, 50, 7, 200, 3].map((steps) => lib.Tensor.zeros([steps, 2, 3]));
    const round = () => {
      for (const x of shapes) lstm.forward(x);
      stream.run(lib.Tensor.zeros([30, 3]));
      lstm.loadStateDict(lstm.stateDict());
    };
    round();
    round();
    const before = bytes();
    for (let index = 0; index < 300; index++) round();
    expect(bytes()).toBe(before);
  });

  test("comes back without dispose, when the garbage is collected", () => {
    const { pages, alive } = inProcess(`
      const instances = [];
      const { Instance } = WebAssembly;
      WebAssembly.Instance = function (...args) { const made = new Instance(...args); instances.push(made); return made; };
      const kept = new lib.LSTM({ inputSize: 8, hiddenSize: 8, seed: 1 });
      const before = String(kept.forward([[1, 2, 3, 4, 5, 6, 7, 8]])[0]);
      const { memory } = instances[0].exports;
      const pages = [];
      for (let turn = 0; turn < 12; turn++) {
        for (let index = 0; index < 20; index++) {
          const lstm = new lib.LSTM({ inputSize: 64, hiddenSize: 64 }); // 270 kB with its packed copy
          lstm.stream({ batchSize: 4 }).step();
        }
        // Finalisers run in later turns of the event loop, when the engine likes.
        for (let wait = 0; wait < 5; wait++) { gc(); await new Promise((done) => setTimeout(done, 2)); }
        pages.push(memory.buffer.byteLength >> 16);
      }
      console.log(JSON.stringify({ pages, alive: before === String(kept.forward([[1, 2, 3, 4, 5, 6, 7, 8]])[0]) }));`) as {
      pages: number[];
      alive: boolean;
    };
    expect(alive).toBe(true);
    // Twelve turns of 5.4 MB are a thousand pages; some turns may be late, never all of them.
    expect((pages.at(-1) as number) - (pages[0] as number)).toBeLessThan(600);
  });

  test("a stream or a parameter alone keeps its LSTM alive", () => {
    const same = inProcess(`
      const make = (seed) => new lib.LSTM({ inputSize: 8, hiddenSize: 8, seed });
      const stream = make(1).stream();
      const weight = make(2).parameters()[0];
      const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
      const facts = () => { stream.reset(); return JSON.stringify([...stream.step(x), ...weight.data]); };
      const before = facts();
      for (let turn = 0; turn < 10; turn++) {
        gc();
        await new Promise((done) => setTimeout(done, 2));
        make(10 + turn).forward([[9, 9, 9, 9, 9, 9, 9, 9]]);
      }
      console.log(JSON.stringify(before === facts()));`);
    expect(same).toBe(true);
  });

  test("dispose and the collector do not free twice", () => {
    const same = inProcess(`
      let lstms = Array.from({ length: 50 }, (_, seed) => new lib.LSTM({ inputSize: 4, hiddenSize: 4, seed }));
      let streams = lstms.map((lstm) => lstm.stream());
      lstms.forEach((lstm, index) => index % 2 && lstm.dispose());
      streams.forEach((stream, index) => index % 3 && stream.dispose());
      lstms.forEach((lstm) => lstm.dispose());
      const heirs = Array.from({ length: 50 }, (_, seed) => new lib.LSTM({ inputSize: 4, hiddenSize: 4, seed }));
      const facts = () => JSON.stringify(heirs.map((lstm) => lstm.forward([[1, 2, 3, 4]])[0].toArray()));
      const before = facts();
      lstms = streams = undefined;
      for (let turn = 0; turn < 10; turn++) { gc(); await new Promise((done) => setTimeout(done, 2)); }
      console.log(JSON.stringify(before === facts()));`);
    expect(same).toBe(true);
  });

  test("that grows under a view: inputs that lie in it are read before they are lost", () => {
    const { lib } = fresh();
    const source = new lib.LSTM({ inputSize: 1, hiddenSize: 4, seed: 1 });
    const next = new lib.LSTM({ inputSize: 4, hiddenSize: 4, seed: 2 });
    const cell = new lib.LSTMCell({ inputSize: 4, hiddenSize: 4, seed: 2 });
    for (const batch of [1000, 20_000, 100_000]) {
      const stream = source.stream({ batchSize: batch }); // no `using`: a bare realm of Node 20 has no Symbol.dispose
      const copy = stream.step(wave(batch)).slice();
      const shape = [1, batch, 4];
      stream.reset();
      const [output] = next.forward({ data: stream.step(wave(batch)), shape });
      expect(
        Buffer.compare(
          Buffer.from(output.data.buffer),
          Buffer.from(next.forward({ data: copy, shape })[0].data.buffer),
        ),
      ).toBe(0);
      stream.reset();
      const [h] = cell.forward({ data: stream.step(wave(batch)), shape: [batch, 4] });
      expect(Buffer.compare(Buffer.from(h.data.buffer), Buffer.from(output.data.buffer))).toBe(0);
      stream.dispose();
    }
  });

  test("that grows between two steps of a stream", () => {
    const { lib } = fresh();
    const lstm = new lib.LSTM(OPTIONS);
    const [steady, disturbed] = [lstm.stream(), lstm.stream()];
    for (let t = 0; t < 5; t++) {
      const expected = bits(steady.step(wave(3, t)).slice());
      disturbed.input.set(wave(3, t));
      const kept = new lib.LSTM({ inputSize: 100, hiddenSize: 200 << t, seed: 1 });
      expect(bits(disturbed.step().slice())).toEqual(expected);
      kept.dispose();
    }
    expect(bits(disturbed.state.h, disturbed.state.c)).toEqual(bits(steady.state.h, steady.state.c));
  });

  test("one stream may feed the next", () => {
    const [a, b] = [
      new LSTM({ inputSize: 3, hiddenSize: 4, seed: 1 }),
      new LSTM({ inputSize: 4, hiddenSize: 4, seed: 2 }),
    ];
    const expected = bits(b.forward(a.forward(X.select(1, 0))[0])[0]);
    const [first, second] = [a.stream(), b.stream()];
    const outputs = Array.from({ length: 6 }, (_, t) =>
      second.step(first.step(X.data.subarray(t * 6, t * 6 + 3))).slice(),
    );
    expect(outputs.flatMap((output) => bits(output)[0])).toEqual(expected[0]);
  });
});

describe("out", () => {
  test("is written and returned, the very same tensors", () => {
    const lstm = new LSTM(OPTIONS);
    const out = lstm.forward(Tensor.zeros([6, 2, 3]));
    const parts = [out[0], out[1], ...out[1], out[0].data, out[1][0].data];
    const expected = lstm.forward(X);
    const returned = lstm.forward(X, undefined, { out });
    expect(returned).toBe(out);
    for (const [index, part] of [out[0], out[1], ...out[1], out[0].data, out[1][0].data].entries())
      expect(part).toBe(parts[index]);
    expect(bits(out[0], ...out[1])).toEqual(bits(expected[0], ...expected[1]));
  });

  test("for each kind of input", () => {
    const lstm = new LSTM({ ...OPTIONS, bidirectional: true, projSize: 2, batchFirst: true });
    const one = X.select(1, 0);
    const out = lstm.forward(one);
    const [expected] = lstm.forward(X.select(1, 1));
    expect(lstm.forward(X.select(1, 1), null, { out })).toBe(out);
    expect(bits(out[0])).toEqual(bits(expected));
    const packed = packPaddedSequence(X, [2, 6], { enforceSorted: false });
    const again = lstm.forward(packed);
    const wanted = bits(again[0].data, ...again[1]);
    again[0].data.data.fill(0);
    again[1][0].data.fill(0);
    expect(lstm.forward(packed, undefined, { out: again })).toBe(again);
    expect(bits(again[0].data, ...again[1])).toEqual(wanted);
  });

  test("may be the state and the input of the same call", () => {
    const lstm = new LSTM({ inputSize: 5, hiddenSize: 5, seed: 1 });
    const input = new Tensor(wave(60), [6, 2, 5]);
    const first = lstm.forward(input);
    const expected = lstm.forward(first[0], first[1]);
    const wanted = bits(expected[0], ...expected[1]);
    lstm.forward(first[0], first[1], { out: first });
    expect(bits(first[0], ...first[1])).toEqual(wanted);
  });

  test("undefined is none", () => {
    const lstm = new LSTM(OPTIONS);
    const first = lstm.forward(X, undefined, { out: undefined });
    expect(lstm.forward(X, undefined, {})).not.toBe(first);
  });

  /**
   * Bytes of garbage that one call makes, the smallest of some rounds: compilers allocate in the background, too. On a busy
   * machine they may finish late, so there are more rounds where that is not below `most`.
   */
  const garbage = (setup: string, call: string, most: number): number =>
    inProcess(`
      ${setup}
      const loop = (count) => { for (let index = 0; index < count; index++) { ${call} } };
      loop(20_000);
      let least = Infinity;
      for (let round = 0; round < 8 || (round < 200 && least >= ${most}); round++) {
        await new Promise((done) => setTimeout(done, 20));
        gc();
        const before = process.memoryUsage().heapUsed;
        loop(2_000);
        least = Math.min(least, (process.memoryUsage().heapUsed - before) / 2_000);
      }
      console.log(JSON.stringify(least));`);

  const SETUP = `const lstm = new lib.LSTM({ inputSize: 3, hiddenSize: 4, numLayers: 2, seed: 1 });`;

  test("a steady loop of stream.step allocates nothing", () => {
    const setup = `${SETUP} const stream = lstm.stream(); const x = new Float32Array(3);`;
    expect(garbage(setup, "stream.step(x);", 8)).toBeLessThan(8);
  });

  test("nor does one that writes into stream.input", () => {
    const setup = `${SETUP} const stream = lstm.stream();`;
    expect(garbage(setup, "stream.input[0] = index; stream.step();", 8)).toBeLessThan(8);
  });

  // The contract is "nothing"; a kilobyte leaves room for how coarsely V8 tells.
  test("a steady loop of forward with out allocates next to nothing", () => {
    const bytes = garbage(
      `${SETUP} const x = lib.Tensor.zeros([1, 1, 3]); const state = [lib.Tensor.zeros([2, 1, 4]), lib.Tensor.zeros([2, 1, 4])];
       const options = { out: lstm.forward(x, state) };`,
      "lstm.forward(x, state, options);",
      1024,
    );
    expect(bytes).toBeLessThan(1024);
  });

  test("the buffers outside of the heap stay as they are", () => {
    const grown = inProcess(`
      ${SETUP}
      const x = lib.Tensor.zeros([64, 16, 3]);
      const out = lstm.forward(x);
      const packed = lib.packPaddedSequence(x, new Array(16).fill(60));
      const packedOut = lstm.forward(packed);
      const loop = (count) => {
        for (let index = 0; index < count; index++) {
          lstm.forward(x, undefined, { out });
          lstm.forward(packed, out[1], { out: packedOut });
        }
      };
      loop(20);
      gc();
      const before = process.memoryUsage().arrayBuffers;
      loop(200);
      console.log(JSON.stringify(process.memoryUsage().arrayBuffers - before));`);
    expect(grown).toBeLessThan(16 << 10);
  });

  test("packed sequences of one batch reuse it as well", () => {
    const lstm = new LSTM(OPTIONS);
    const packed = packSequence([Tensor.zeros([2, 3]), Tensor.zeros([5, 3])], { enforceSorted: false });
    const out = lstm.forward(packed);
    for (let index = 0; index < 3; index++) expect(lstm.forward(packed, out[1], { out })).toBe(out);
    expect([...out[0].batchSizes]).toEqual([...packed.batchSizes]);
  });
});
