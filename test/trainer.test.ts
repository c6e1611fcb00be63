/** The worker of docs/training-in-a-browser.md, in a worker of Node's that has what it uses of a browser. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { transform } from "esbuild";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/** Messages as a browser's worker has them, and an IndexedDB that keeps one store of one database in memory. */
const BROWSER = `import { parentPort } from "node:worker_threads";
globalThis.postMessage = (message) => parentPort.postMessage(message);
globalThis.addEventListener = (_, listener) => parentPort.on("message", (data) => listener({ data }));
const kept = new Map();
const later = (target, ...events) => setTimeout(() => events.forEach((event) => target[event]?.()));
const objectStore = () => ({
  get: (name) => ({ result: kept.get(name) }),
  put: (value, name) => ({ result: kept.set(name, structuredClone(value)) && name }),
});
globalThis.indexedDB = {
  open() {
    const opening = { result: { createObjectStore() {}, close() {} } };
    opening.result.transaction = () => {
      const transaction = { objectStore };
      later(transaction, "oncomplete");
      return transaction;
    };
    later(opening, "onupgradeneeded", "onsuccess");
    return opening;
  },
};
`;

let folder: string;
let file: string;
let worker: Worker | undefined;

beforeAll(async () => {
  const page = readFileSync(join(root, "docs/training-in-a-browser.md"), "utf8");
  const [, code] = /^```ts browser\n(\/\/ trainer\.ts.*?)^```$/ms.exec(page) as unknown as [string, string];
  const script = await transform(code, { loader: "ts", format: "esm" });
  mkdirSync(join(root, "target"), { recursive: true });
  folder = mkdtempSync(join(root, "target/trainer-")); // inside the project, so that "lstm-wasm" is the package itself
  file = join(folder, "trainer.mjs");
  writeFileSync(join(folder, "browser.mjs"), BROWSER);
  writeFileSync(file, `import "./browser.mjs";\n${script.code}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await worker?.terminate();
});

type Message = { epoch?: number; loss?: number; done?: boolean; error?: { code?: string; message: string } };

/** A trainer, and what it says until a message of which `isLast` is true. */
function start() {
  const trainer = new Worker(file);
  worker = trainer;
  const until = (isLast: (message: Message) => boolean) =>
    new Promise<Message[]>((resolve, reject) => {
      const said: Message[] = [];
      const listener = (message: Message) => {
        said.push(message);
        if (!isLast(message)) return;
        trainer.off("message", listener);
        resolve(said);
      };
      trainer.on("message", listener);
      trainer.on("error", reject);
    });
  return { say: (message: unknown) => trainer.postMessage(message), until };
}
const isEnd = ({ done, error }: Message) => done !== undefined || error !== undefined;
const epochs = (said: readonly Message[]) => said.flatMap(({ epoch }) => epoch ?? []);
const order = (change = {}) => ({
  input: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
  steps: 4,
  target: Float32Array.of(0.1, 0.2, 0.3),
  epochs: 5,
  resume: false,
  ...change,
});

it("trains to the end, and on from there only if it is to resume", async () => {
  const { say, until } = start();
  for (const [change, expected] of [
    [{}, [1, 2, 3, 4, 5]],
    [{ epochs: 7, resume: true }, [6, 7]],
    [{ epochs: 2 }, [1, 2]],
  ] as const) {
    const said = until(isEnd);
    say(order(change));
    expect(epochs(await said)).toEqual(expected);
    expect((await said).at(-1)).toEqual({ done: true });
  }
});

it("is cancelled by what comes right behind the order, and then takes the next", async () => {
  const { say, until } = start();
  const said = until(isEnd);
  say(order({ epochs: 1e6 }));
  say("cancel");
  expect((await said).at(-1)).toEqual({ done: false });
  expect(epochs(await said).length).toBeLessThan(3);
  const next = until(isEnd);
  say(order());
  expect((await next).at(-1)).toEqual({ done: true });
});

it("refuses a second order while it trains, and goes on", async () => {
  const { say, until } = start();
  const said = until(({ done }) => done !== undefined);
  say(order());
  say(order({ epochs: 50 }));
  const [refusal, ...others] = (await said).filter(({ epoch }) => epoch === undefined);
  expect(refusal?.error?.message).toMatch(/a training is running/);
  expect(others).toEqual([{ done: true }]);
  expect(epochs(await said)).toEqual([1, 2, 3, 4, 5]);
});

it("tells what is wrong with an order, stops at a loss that is no number, and takes the next", async () => {
  const { say, until } = start();
  for (const [change, message] of [
    [{ steps: 5 }, { code: "SHAPE_MISMATCH" }],
    [{ target: Float32Array.of(0, Infinity, 0) }, { message: "Error: the loss is Infinity" }],
    [{ input: new Float32Array(12).fill(NaN) }, { message: "Error: the loss is NaN" }],
  ] as const) {
    const said = until(isEnd);
    say(order(change));
    expect(await said).toEqual([{ error: expect.objectContaining(message) }]);
  }
  const said = until(isEnd);
  say(order());
  expect((await said).at(-1)).toEqual({ done: true });
});
