/** Who bundles minifies: what people read must not come out as `t` or `#e`. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Place } from "./place.js";

type Library = typeof import("../../ts/index.js") &
  typeof import("../../ts/nn.js") &
  typeof import("../../ts/train.js");

let place: Place;
let library: Library;

beforeAll(async () => {
  place = await Place.make();
  const outfile = join(place.folder, "minified.mjs");
  const contents = 'export * from "lstm-wasm"; export * from "lstm-wasm/nn"; export * from "lstm-wasm/train";';
  await build({
    stdin: { contents, resolveDir: place.folder },
    bundle: true,
    format: "esm",
    minify: true,
    outfile,
    logLevel: "error",
  });
  library = await import(pathToFileURL(outfile).href);
}, 120_000);
afterAll(() => place.close());

describe("in a minified bundle", () => {
  test("classes have their names", () => {
    const classes = Object.entries(library).filter(([name]) => /^[A-Z]/.test(name) && name !== "Module");
    expect(classes.length).toBeGreaterThan(20);
    for (const [name, made] of classes) expect((made as { name: string }).name).toBe(name);
  });

  test("errors name them, and print as errors do", () => {
    const { LSTM, LSTMCell, Linear, Embedding, Dropout, ReLU, Tensor, Adam, StepLR, crossEntropy } = library;
    const lstm = new LSTM({ inputSize: 2, hiddenSize: 3 });
    const cell = new LSTMCell({ inputSize: 2, hiddenSize: 3 });
    const linear = new Linear({ inFeatures: 2, outFeatures: 2 });
    const embedding = new Embedding({ numEmbeddings: 2, embeddingDim: 2 });
    const schedule = new StepLR(new Adam(linear.parameters()), { stepSize: 1 });
    const relu = new ReLU();
    relu.dispose();
    const refused: [name: string, call: () => unknown][] = [
      ["LSTM", () => new LSTM({ inputSize: 2, hiddenSize: 3, hidden: 3 } as never)],
      ["LSTM", () => lstm.loadStateDict({})],
      ["LSTM", () => lstm.backward(Tensor.zeros([1, 1, 3]))],
      ["LSTMCell", () => cell.loadStateDict({})],
      ["Linear", () => linear.loadStateDict({})],
      ["Embedding", () => embedding.loadStateDict({})],
      ["Dropout", () => new Dropout().train().backward([1])],
      ["ReLU", () => relu.forward([1])],
      ["StepLR", () => schedule.loadStateDict({})],
      ["a Tensor", () => lstm.loadStateDict({}, { prefix: Tensor.zeros([1]) as never })],
      ["crossEntropy", () => crossEntropy([[1]], [0], { smoothing: 1 } as never)],
    ];
    for (const [name, call] of refused) {
      const error = thrown(call);
      expect(error.name).toBe("LSTMError");
      expect(error.message).toMatch(new RegExp(`\\b${name}\\b`));
      expect(error.message).not.toMatch(/#|undefined/);
      expect(inspect(error)).toMatch(/^LSTMError: /);
    }
  });
});

function thrown(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}
