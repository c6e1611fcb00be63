import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Case } from "../cases.js";
import type { Contestant, Data, Runner } from "../contestant.js";

/**
 * PyTorch on one thread, in a process of `python`, which has torch and numpy. What it runs stands in pytorch.py: a
 * torch.py would hide the package of that name.
 *
 * @param int8 its quantize_dynamic, which rounds weights to int8 once and activations to 8 bits at each call
 */
export async function torch(python: string, int8 = false): Promise<Contestant> {
  const { version, ask, close } = await start(python);
  let models = 0;

  async function prepare(one: Case, { weights, input, gradOutput }: Data): Promise<Runner> {
    const id = models++;
    const data = { weights: each(weights, encoded), input: encoded(input), gradOutput: encoded(gradOutput) };
    await ask({ do: "prepare", id, case: one, data, int8 });
    // Requests are answered in order, so a run after this one finds the state zero.
    let reset: Promise<unknown> = Promise.resolve();
    const timed = async (count: number) => {
      await reset;
      return (await ask({ do: "timed", id, count })) as number[];
    };
    return {
      async run() {
        await timed(1);
      },
      timed,
      results: async () => each((await ask({ do: "results", id })) as Record<string, string>, decoded),
      // Only a step has a state that stays.
      ...(one.kind === "step" && {
        reset() {
          reset = ask({ do: "reset", id });
        },
      }),
      async dispose() {
        await ask({ do: "dispose", id });
      },
    };
  }

  if (!int8) return { name: "PyTorch", version, supports: () => true, prepare, close };
  return { name: "PyTorch int8", version, tolerance: 0.1, supports: ({ kind }) => kind !== "train", prepare, close };
}

interface Answer {
  value?: unknown;
  error?: string;
}

async function start(python: string) {
  const script = fileURLToPath(new URL("pytorch.py", import.meta.url));
  const child = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${python} pytorch.py ended with ${code}`)));
  });
  ended.catch(() => {}); // Heard by whoever waits for an answer.
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();

  /** Answers come in the order of the requests: iterators queue what is asked of them. */
  async function next(): Promise<unknown> {
    const { value: line } = await Promise.race([lines.next(), ended]);
    const { value, error } = JSON.parse(line as string) as Answer;
    if (error !== undefined) throw new Error(`pytorch.py: ${error}`);
    return value;
  }

  return {
    version: (await next()) as string,
    ask(request: object): Promise<unknown> {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return next();
    },
    async close() {
      child.stdin.end();
      await ended.catch(() => {});
    },
  };
}

function each<From, To>(values: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

function encoded(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}

function decoded(text: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(text, "base64")).buffer);
}
