/**
 * Who is compared with ours by `--all`. Their packages are installed only then, so nothing here may be imported before;
 * and since the files are named at run time, the root's tsc does not ask for those packages either.
 */
import type { Contestant } from "../contestant.js";

/** Each of these files exports one or more contestants. */
const FILES = ["onnxruntime-web", "onnxruntime-node", "tfjs", "jax"];

// Node has no Worker. One of these libraries defines one on its way, and jax-js, which takes that for threads, then mixes
// memory that is shared with memory that is not.
Object.defineProperty(globalThis, "Worker", { get: () => undefined, set() {} });

export async function others(names: readonly string[] = FILES): Promise<Contestant[]> {
  const modules = await Promise.all(names.map((name) => import(`./${name}.js`)));
  return modules.flatMap((module) => Object.values(module).flat().filter(isContestant));
}

/** @param python a Python that has torch */
export async function torch(python: string, int8 = false): Promise<Contestant[]> {
  const file: string = "./torch.js";
  return [await (await import(file)).torch(python, int8)];
}

function isContestant(value: unknown): value is Contestant {
  return typeof value === "object" && value !== null && "prepare" in value && "supports" in value;
}
