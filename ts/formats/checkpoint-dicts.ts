/** Where in a checkpoint the weights are, and under which names. */
import { badFile } from "./bytes.js";
import { quote } from "./json-reader.js";
import { Foreign, type Pickled } from "./pickle.js";
import { saveAgain } from "./torch-errors.js";
import { kindOf, TorchTensor } from "./torch-tensor.js";

/** The keys that programs keep a model's state dict under: Lightning's first, then those of PyTorch's own tutorials. */
const USUAL_KEYS = ["state_dict", "model_state_dict", "model"];
/** As deep as a state dict is looked for. */
const MAX_DEPTH = 8;
/** As many names as a message lists. */
const MAX_LISTED = 10;

/** The state dict in what a file holds, and the keys that lead to it. `key` is taken first, if it is given. */
export function findStateDict(root: Pickled, key?: string): { entries: ReadonlyMap<Pickled, Pickled>; path: string[] } {
  const path: string[] = [];
  let value = root;
  for (let next = key; path.length <= MAX_DEPTH; next = undefined) {
    if (!(value instanceof Map)) throw refusal(value, path);
    next ??= nextKey(value);
    if (next === undefined) return { entries: value, path };
    if (!value.has(next)) throw badFile(`key is ${quote(next)}; the file has ${listed([...value.keys()])}`);
    path.push(next);
    value = value.get(next) as Pickled;
  }
  throw badFile(`${placeOf(path)} is too deep for a state dict`);
}

/** The key to go on with, undefined if this dict is the state dict. */
function nextKey(dict: ReadonlyMap<Pickled, Pickled>): string | undefined {
  const usual = USUAL_KEYS.find((key) => leadsToTensors(dict.get(key)));
  if (usual !== undefined) return usual;
  const values = [...dict.values()];
  if (values.some((value) => value instanceof TorchTensor)) return undefined;
  const seen = new Set<Pickled>();
  const inner = [...dict].filter(([key, value]) => typeof key === "string" && leadsToTensors(value, seen));
  if (inner.length === 1) return inner[0]?.[0] as string;
  if (inner.length > 1) {
    const keys = inner.map(([key]) => key);
    throw badFile(
      `The file has several state dicts: ${listed(keys)}. Choose one with load(bytes, { key: ${quote(keys[0] as string)} })`,
    );
  }
  const whole = USUAL_KEYS.find((key) => dict.get(key) instanceof Foreign);
  if (whole !== undefined) return whole; // to be refused by its class
  throw badFile(`The file has no tensors, got ${listed([...dict.keys()])}`);
}

/** Whether a state dict is found in there. Dicts can hold themselves and each other: each is looked at once. */
function leadsToTensors(value: Pickled | undefined, seen = new Set<Pickled>()): boolean {
  if (!(value instanceof Map) || seen.has(value)) return false;
  seen.add(value);
  const isStateDict = [...value].some(([key, one]) => typeof key === "string" && one instanceof TorchTensor);
  return isStateDict || USUAL_KEYS.some((key) => leadsToTensors(value.get(key), seen));
}

/** Of what lies where a state dict should. */
function refusal(value: Pickled, path: readonly string[]): Error {
  const whole = value instanceof Foreign;
  const model = whole ? `torch.load(path, weights_only=False)${path.map(index).join("")}` : "model";
  const what = whole ? `a whole ${value.name}` : kindOf(value);
  return badFile(`${placeOf(path)} is ${what}, no state dict.${saveAgain(`${model}.state_dict()`)}`);
}

const index = (key: string): string => `[${quote(key)}]`;
const placeOf = (path: readonly string[]): string =>
  path.length === 0 ? "The file" : `The file's ${path.map(quote).join(".")}`;

/** Keys as a message lists them. */
export function listed(keys: readonly Pickled[]): string {
  const texts = keys.slice(0, MAX_LISTED).map((key) => (typeof key === "string" ? quote(key) : kindOf(key)));
  return (texts.join(", ") || "none") + (keys.length > MAX_LISTED ? ` and ${keys.length - MAX_LISTED} more` : "");
}

/**
 * The names of a model without those of its wrappers, and what was taken off. DistributedDataParallel and DataParallel put
 * `module.` before every name; torch.compile puts `_orig_mod.` before the names of what was compiled, the whole or a part.
 */
export function withoutWrappers(names: readonly string[]): { renamed: readonly string[]; stripped: string[] } {
  const stripped: string[] = [];
  let renamed = names.map((name) => name.replace(/(^|\.)_orig_mod\./g, "$1"));
  if (renamed.join() !== names.join()) stripped.push("_orig_mod.");
  if (names.length > 0 && renamed.every((name) => name.startsWith("module."))) {
    renamed = renamed.map((name) => name.slice("module.".length));
    stripped.push("module.");
  }
  // Two names that would become one stay as they are.
  return new Set(renamed).size < names.length ? { renamed: names, stripped: [] } : { renamed, stripped };
}
