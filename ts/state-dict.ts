import { describe } from "./describe.js";
import { LSTMError } from "./errors.js";
import type { Instance } from "./instance.js";
import { checkBoolean, checkObject } from "./options.js";
import { sameValues } from "./shape.js";
import { asTensor, Tensor, type TensorInput } from "./tensor.js";

/** Tensors by PyTorch's names, as `torch.save(module.state_dict())` or safetensors holds them. */
export type StateDict = Record<string, TensorInput>;

/** How a state dict is read. */
export interface LoadOptions {
  /** What stands before this module's names: `"lstm."` for `lstm.weight_ih_l0`. Other names are then left alone. */
  prefix?: string | undefined;
  /** Whether missing and unexpected parameters are errors; true by default. */
  strict?: boolean | undefined;
}

/** What `load_state_dict` returns in PyTorch. */
export interface LoadResult {
  /** Names that this module has and the dict has not. */
  readonly missingKeys: string[];
  /** Names of the dict that this module has not. */
  readonly unexpectedKeys: string[];
}

/** What a module expects to find. */
export interface Expected {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The tensors of a dict that match, after everything that is wrong was reported at once. */
export function matchStateDict(
  owner: string,
  expected: readonly Expected[],
  dict: StateDict,
  options: LoadOptions = {},
) {
  const { prefix, strict } = checkLoadOptions(owner, options);
  const names = Object.keys(checkDict(owner, dict)).filter((name) => name.startsWith(prefix));
  const wanted = new Set(expected.map(({ name }) => prefix + name));
  const missingKeys = [...wanted].filter((name) => !names.includes(name));
  const unexpectedKeys = names.filter((name) => !wanted.has(name));
  const wrong: string[] = [];
  if (strict && missingKeys.length > 0) wrong.push(`missing: ${missingKeys.join(", ")}`);
  if (strict && unexpectedKeys.length > 0) wrong.push(`unexpected: ${unexpectedKeys.join(", ")}`);
  const matched: [number, Tensor][] = [];
  expected.forEach(({ name, shape }, index) => {
    const full = prefix + name;
    if (!names.includes(full)) return;
    const tensor = asTensor(full, dict[full]);
    if (sameValues(tensor.shape, shape)) matched.push([index, tensor]);
    else wrong.push(`size mismatch for ${full}: expected [${shape.join(", ")}], got [${tensor.shape.join(", ")}]`);
  });
  if (wrong.length > 0) {
    const hint = hintAtPrefix(Object.keys(dict), prefix);
    throw new LSTMError("STATE_DICT", `${owner}: the state dict does not fit.\n  ${wrong.join("\n  ")}${hint}`);
  }
  return { matched, result: { missingKeys, unexpectedKeys } satisfies LoadResult };
}

/** Every size of an LSTM, from the names and shapes of its parameters. */
export function inferSizes(dict: StateDict, prefix: string) {
  const owner = "LSTM.fromStateDict";
  const names = Object.keys(checkDict(owner, dict));
  const has = (name: string) => names.includes(prefix + name);
  if (!has("weight_ih_l0")) {
    throw new LSTMError("STATE_DICT", `${owner}: ${prefix}weight_ih_l0 is missing${hintAtPrefix(names, prefix)}`);
  }
  const shapeOf = (name: string) => asTensor(prefix + name, dict[prefix + name]).shape;
  const refuse = (name: string, expected: string) =>
    new LSTMError(
      "STATE_DICT",
      `${owner}: expected ${prefix}${name} of shape ${expected}, got [${shapeOf(name).join(", ")}]`,
    );
  const [rows = 0, inputSize = 0] = shapeOf("weight_ih_l0");
  const hiddenSize = rows / 4;
  if (hiddenSize < 1 || !Number.isInteger(hiddenSize) || inputSize < 1) {
    throw refuse("weight_ih_l0", "[4 * hiddenSize, inputSize]");
  }
  const projSize = has("weight_hr_l0") ? (shapeOf("weight_hr_l0")[0] ?? 0) : 0;
  if (has("weight_hr_l0") && (projSize < 1 || projSize >= hiddenSize)) {
    throw refuse("weight_hr_l0", `[projSize, ${hiddenSize}] with projSize from 1 to ${hiddenSize - 1}`);
  }
  let numLayers = 1;
  while (has(`weight_ih_l${numLayers}`)) numLayers++;
  return {
    inputSize,
    hiddenSize,
    numLayers,
    bias: has("bias_ih_l0"),
    bidirectional: has("weight_ih_l0_reverse"),
    projSize,
  };
}

/** @internal The dict with every tensor out of WebAssembly's memory, which moves when it grows. */
export function ownTensors(dict: StateDict, where: Instance): StateDict {
  const own = (name: string, value: TensorInput) => {
    const { data } = value as { data?: unknown };
    if (!(data instanceof Float32Array)) return value;
    const owned = where.own(data);
    return owned === data ? value : new Tensor(owned, asTensor(name, value).shape);
  };
  return Object.fromEntries(
    Object.entries(dict).map(([name, value]) => [name, value == null ? value : own(name, value)]),
  );
}

/** The checked prefix and strictness. */
export function checkLoadOptions(owner: string, options: unknown, others: readonly string[] = ["strict"]) {
  const { prefix = "", strict = true } = checkObject(owner, options, ["prefix", ...others]);
  if (typeof prefix !== "string") throw new LSTMError("OPTION", `prefix must be a string, got ${describe(prefix)}`);
  return { prefix, strict: checkBoolean("strict", strict) };
}

function checkDict(owner: string, dict: unknown): object {
  if (ArrayBuffer.isView(dict) || dict instanceof ArrayBuffer) {
    const hint = 'load(bytes) of "lstm-wasm/safetensors" makes one of a file\'s bytes';
    throw new LSTMError(
      "STATE_DICT",
      `${owner}: expected an object of tensors by name, got ${describe(dict)}; ${hint}`,
    );
  }
  if (typeof dict === "object" && dict !== null && !Array.isArray(dict) && !(dict instanceof Map)) return dict;
  throw new LSTMError("STATE_DICT", `${owner}: expected an object of tensors by name, got ${describe(dict)}`);
}

/** Most state dicts that fit nowhere only lack the prefix of the module that the LSTM sits in. */
function hintAtPrefix(names: readonly string[], prefix: string): string {
  const found = names.filter((name) => name.endsWith("weight_ih_l0") || name.endsWith("weight_ih"));
  const prefixes = found.map((name) => name.replace(/weight_ih(_l0)?$/, "")).filter((other) => other !== prefix);
  if (prefixes.length === 0) return "";
  return `\n  The dict has an LSTM under another prefix: ${prefixes.map((p) => `{ prefix: ${JSON.stringify(p)} }`).join(" or ")}`;
}
