/** Filling WebAssembly's memory with every kind of object, until there is no more. */
import { LSTM, LSTMCell, type LSTMStream, Tensor } from "lstm-wasm";
import { Dropout, Embedding, Linear } from "lstm-wasm/nn";
import {
  Adam,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  loadCheckpoint,
  type Optimizer,
  saveCheckpoint,
} from "lstm-wasm/train";
import { expect, test } from "vitest";

/** Something that takes memory: it computes, and what it computes is known. */
interface Live {
  compute(): Tensor;
  dispose(): void;
}

const SEEDS = 3;

/**
 * Declares a test for each kind of object. `size` is the square root of how many float32 values one of them holds, more or
 * less; `bytes` what all of memory has.
 */
export function testsOfFullMemory(size: number, bytes: number): void {
  const enough = Math.ceil((2 * bytes) / (4 * size * size)) + 10;
  const x = Tensor.zeros([2, size]);
  x.data.fill(0.5);

  const lstm = (seed: number, inputSize = size): Live => {
    const made = new LSTM({ inputSize, hiddenSize: Math.ceil(size / 4), seed });
    return living(made, () => made.forward(x)[0]);
  };
  const linear = (seed: number): Live => {
    const made = new Linear({ inFeatures: size, outFeatures: size, seed });
    return living(made, () => made.forward(x));
  };
  const embedding = (seed: number): Live => {
    const made = new Embedding({ numEmbeddings: size, embeddingDim: size, seed });
    return living(made, () => made.forward([0, 1, size - 1]));
  };
  const kinds: Record<string, (seed: number) => Live> = {
    "an LSTM": lstm,
    "an LSTMCell": (seed) => {
      const made = new LSTMCell({ inputSize: size, hiddenSize: Math.ceil(size / 4), seed });
      return living(made, () => made.forward(x)[0]);
    },
    "a Linear": linear,
    "an Embedding": embedding,
    "a stream": (seed) => {
      const stream = streamed(seed);
      return living(stream, () => {
        stream.reset();
        return new Tensor(Float32Array.from(stream.step(new Float32Array(size * size).fill(0.5))));
      });
    },
    "the state of an optimiser": (seed) => {
      const module = trained(seed);
      const optimizer = new Adam(module.parameters());
      return living(optimizer, () => new Tensor([optimizer.lr]));
    },
    "a reservation for training": (seed) => {
      const made = new LSTM({ inputSize: 16, hiddenSize: 16, seed });
      const compute = () => {
        made.eval(); // the reservation stays, and a small forward needs no other
        return made.forward(Tensor.zeros([2, 1, 16]))[0];
      };
      compute();
      made.train();
      try {
        made.forward(Tensor.zeros([Math.ceil((size * size) / 256), 1, 16]));
      } catch (error) {
        made.dispose();
        throw error;
      }
      return living(made, compute);
    },
  };

  // What streams and optimisers belong to is there before memory is full.
  const owners = new Map<number, LSTM>();
  const modules = new Map<number, Linear>();
  const once = <T>(all: Map<number, T>, seed: number, make: () => T): T => {
    const made = all.get(seed) ?? make();
    all.set(seed, made);
    return made;
  };
  const streamed = (seed: number): LSTMStream =>
    once(owners, seed, () => new LSTM({ inputSize: size, hiddenSize: 4, seed })).stream({ batchSize: size });
  const trained = (seed: number): Linear =>
    once(modules, seed, () => {
      const module = new Linear({ inFeatures: size, outFeatures: size / 4, seed });
      module.train();
      return module;
    });

  /** Makes objects until one is refused; checks all of them, and the refusal. */
  function fill(make: (seed: number) => Live): Live[] {
    const all: Live[] = [];
    const expected = Array.from({ length: SEEDS }, (_, seed) => {
      const one = make(seed);
      const result = one.compute();
      one.dispose();
      return result.data;
    });
    for (const more of [make, make]) {
      const refused = thrown(() => {
        for (let seed = all.length; all.length < enough; seed++) {
          const one = more(seed % SEEDS);
          all.push(one);
          one.compute();
        }
      });
      expect(refused).toMatchObject({ code: "OUT_OF_MEMORY" });
    }
    all.pop()?.dispose(); // it lives, but may have found no room to compute
    all.forEach((one, index) => {
      expect(one.compute().data).toEqual(expected[index % SEEDS]);
    });
    return all;
  }

  test.each(Object.entries(kinds))("%s is refused where memory is full, and all others go on", (_, make) => {
    const all = fill(make);
    expect(all.length).toBeGreaterThan(enough / 40);
    for (const one of all) one.dispose();
  });

  test("small objects fill what large ones leave, and large ones are refused then", () => {
    const large = fill(lstm);
    // From some 3 % to a half of all memory at once: near its end, no sum of an address and a size may wrap.
    for (const part of [2, 4, 16, 32, 36, 40]) {
      const values = Math.floor(bytes / part / 4);
      expect(thrown(() => lstm(0, Math.floor(values / size)))).toMatchObject({ code: "OUT_OF_MEMORY" });
      if (part < 16) continue; // arrays of gigabytes
      const data = new Float32Array(values);
      expect(thrown(() => binaryCrossEntropyWithLogits(data, data))).toMatchObject({ code: "OUT_OF_MEMORY" });
      expect(thrown(() => crossEntropy({ data, shape: [1, values] }, [0]))).toMatchObject({ code: "OUT_OF_MEMORY" });
    }
    const small: (Embedding | LSTM)[] = [];
    for (const make of [
      () => new Embedding({ numEmbeddings: 3, embeddingDim: 4, seed: 1 }),
      () => new LSTM({ inputSize: 2, hiddenSize: 2, seed: 1 }),
    ]) {
      const refused = thrown(() => {
        for (;;) small.push(make());
      });
      expect(refused).toMatchObject({ code: "OUT_OF_MEMORY" });
    }
    expect(new Set(small.map((one) => JSON.stringify(Object.values(one.stateDict())))).size).toBe(2);
    const again = large.pop()?.compute().data;
    for (const one of [...small, ...large]) one.dispose();
    expect(again?.every(Number.isFinite)).toBe(true);
  });

  test("a checkpoint is saved, and loaded again", () => {
    const module = trained(7);
    const optimizer: Optimizer = new Adam(module.parameters());
    module.forward(x);
    module.backward(Tensor.zeros([2, size / 4]));
    optimizer.step();
    const model = { module, dropout: new Dropout({ seed: 1 }) };
    const before = Object.values(module.stateDict()).map(({ data }) => data);
    const large = fill(lstm);
    const checkpoint = saveCheckpoint({ model, optimizer });
    expect(loadCheckpoint(checkpoint, { model, optimizer })).toBeDefined();
    expect(Object.values(module.stateDict()).map(({ data }) => data)).toEqual(before);
    for (const one of large) one.dispose();
    optimizer.dispose();
    for (const owner of [...owners.values(), ...modules.values()]) owner.dispose();
    owners.clear();
    modules.clear();
  });
}

const living = (object: { dispose(): void }, compute: () => Tensor): Live => ({
  compute,
  dispose: () => object.dispose(),
});

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
