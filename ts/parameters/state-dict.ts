import { describe, shapeText, withArticle } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkBoolean, checkObject } from "../checks/options.js";
import { type Quantization, quantizationOf } from "../tensor/quantization.js";
import { sameValues } from "../tensor/shape.js";
import { asTensor, type Tensor, type TensorInput } from "../tensor/tensor.js";

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
  const names = new Set(Object.keys(checkDict(owner, dict)).filter((name) => name.startsWith(prefix)));
  const wanted = new Set(expected.map(({ name }) => prefix + name));
  const missingKeys = [...wanted].filter((name) => !names.has(name));
  const unexpectedKeys = [...names].filter((name) => !wanted.has(name));
  const wrong: string[] = [];
  if (strict && missingKeys.length > 0) wrong.push(`missing: ${missingKeys.join(", ")}`);
  if (strict && unexpectedKeys.length > 0) wrong.push(`unexpected: ${unexpectedKeys.join(", ")}`);
  const matched: [number, Tensor, Quantization | undefined][] = [];
  expected.forEach(({ name, shape }, index) => {
    const full = prefix + name;
    if (!names.has(full)) return;
    const tensor = asTensor(full, dict[full]);
    if (sameValues(tensor.shape, shape)) matched.push([index, tensor, quantizationOf(dict[full])]);
    else {
      const sizes = `expected ${shapeText(shape)}, got ${shapeText(tensor.shape)}`;
      wrong.push(`size mismatch for ${full}: ${sizes}${hintAtCell(name, tensor.shape, shape)}`);
    }
  });
  if (wrong.length > 0) {
    const hint = hintAtParts(missingKeys, dict) + hintAtPrefix(dict, prefix, expected[0]?.name, () => expected, strict);
    throw new LSTMError("STATE_DICT", `${owner}: the state dict does not fit.\n  ${wrong.join("\n  ")}${hint}`);
  }
  return { matched, result: { missingKeys, unexpectedKeys } satisfies LoadResult };
}

/** The checked prefix and strictness. */
export function checkLoadOptions(owner: string, options: unknown, others: readonly string[] = ["strict"]) {
  const { prefix = "", strict = true } = checkObject(owner, options, ["prefix", ...others]);
  if (typeof prefix !== "string") throw mustBe("OPTION", "prefix", "a string", prefix);
  return { prefix, strict: checkBoolean("strict", strict) };
}

/** @internal The dict, which must be an object of tensors by name. */
export function checkDict(owner: string, dict: unknown): object {
  const isObject = typeof dict === "object" && dict !== null && !Array.isArray(dict) && !(dict instanceof Map);
  let cure = "";
  if (ArrayBuffer.isView(dict) || dict instanceof ArrayBuffer) {
    cure = '; load(bytes) of "lstm-wasm/safetensors" makes one of a file\'s bytes';
  } else if (isObject && typeof (dict as { stateDict?: unknown }).stateDict === "function") {
    cure = ", which is a module; pass its stateDict()";
  } else if (isObject) return dict;
  throw new LSTMError("STATE_DICT", `${owner}: expected an object of tensors by name, got ${describe(dict)}${cure}`);
}

/** Each prefix is tried on all names: a dict of many modules has many. */
const MOST_PREFIXES = 50;

/** @internal Most state dicts that do not fit only lack a prefix. One is named only if everything under it then fits. */
export function hintAtPrefix(
  dict: StateDict,
  prefix: string,
  first: string | undefined,
  expectedUnder: (prefix: string) => readonly Expected[],
  strict: boolean,
): string {
  if (first === undefined) return "";
  const names = Object.keys(dict);
  const fits = (other: string) => {
    try {
      const expected = expectedUnder(other);
      const under = strict ? names.filter((name) => name.startsWith(other)).length : expected.length;
      const same = ({ name, shape }: Expected) =>
        Object.hasOwn(dict, other + name) && sameValues(asTensor(name, dict[other + name]).shape, shape);
      return under === expected.length && expected.every(same);
    } catch {
      return false; // what is there is no tensor, or of another module
    }
  };
  const others = names.filter((name) => name.endsWith(first)).map((name) => name.slice(0, -first.length));
  const fitting = others
    .filter((other) => other !== prefix)
    .slice(0, MOST_PREFIXES)
    .filter(fits);
  if (fitting.length === 0) return "";
  return `\n  It fits under another prefix: ${fitting.map((other) => `{ prefix: ${JSON.stringify(other)} }`).join(" or ")}`;
}

/**
 * @internal The class that a `weight_hh` of this shape is of. PyTorch's recurrent modules share their parameters' names, but
 * the rows over the columns are the gates. undefined if it may be of any: an LSTM's with projection has fewer columns.
 */
export const cellOf = ([rows = 0, columns = 0]: readonly number[]): string | undefined =>
  ({ 1: "RNN", 3: "GRU", 4: "LSTM" })[rows / columns];

function hintAtCell(name: string, shape: readonly number[], expected: readonly number[]): string {
  const cell = cellOf(shape);
  if (!/^weight_hh/.test(name) || cell === undefined || cell === (cellOf(expected) ?? "LSTM")) return "";
  const [rows = 0, columns = 0] = shape;
  return `, as ${withArticle(cell)} has it (rows / columns is ${rows / columns})`;
}

/** @internal Wrappers of PyTorch that keep a weight under other names. */
export function hintAtParts(missing: readonly string[], dict: StateDict): string {
  const part = Object.keys(dict).find((name) => /weight_[ih]h\w*_(g|raw)$|weight_[ih]h\w*\.original0$/.test(name));
  if (missing.length === 0 || part === undefined) return "";
  const cure = part.endsWith("_raw")
    ? "WeightDrop: give it the name that is missing"
    : "weight_norm: before saving, call remove_weight_norm or parametrize.remove_parametrizations";
  return `\n  ${part} comes of ${cure}`;
}

/**
 * @internal An option that only `fromStateDict` and its like give: what the weights are. All are about to be written, so none need be
 * drawn, and integers can be.
 */
export const LOADED: unique symbol = /* @__PURE__ */ Symbol("loaded");

/** @internal The shape of a layer's weight, which tells its sizes; two for Linear and Embedding. */
export function weightShape(owner: string, dict: StateDict, prefix: string): readonly [number, number] {
  const name = `${prefix}weight`;
  const given = (checkDict(`${owner}.fromStateDict`, dict) as StateDict)[name];
  if (given === undefined) {
    const hint = hintAtPrefix(dict, prefix, "weight", (other) => layerParameters(owner, dict, other), true);
    throw new LSTMError("STATE_DICT", `${owner}.fromStateDict: ${name} is missing${hint}`);
  }
  const { shape } = asTensor(name, given);
  const ranked = owner === "LayerNorm" ? shape.length > 0 : shape.length === 2;
  if (ranked && !shape.includes(0)) return shape as readonly [number, number];
  const dimensions = owner === "LayerNorm" ? "at least one dimension" : "two dimensions";
  const text = `expected ${name} of ${dimensions}, none of them 0, got shape ${shapeText(shape)}`;
  throw new LSTMError("STATE_DICT", `${owner}.fromStateDict: ${text}`);
}

/** The parameters that a layer of this weight has. */
function layerParameters(owner: string, dict: StateDict, prefix: string): Expected[] {
  const shape: readonly number[] = weightShape(owner, dict, prefix);
  const parameters = [{ name: "weight", shape }];
  if (owner === "Embedding" || !(`${prefix}bias` in dict)) return parameters;
  return [...parameters, { name: "bias", shape: owner === "LayerNorm" ? shape : shape.slice(0, 1) }];
}

/** @internal A module with what a state dict has for it; disposed if that does not fit. */
export function loaded<M extends { loadStateDict(dict: StateDict, options: LoadOptions): LoadResult; dispose(): void }>(
  module: M,
  dict: StateDict,
  prefix: string,
): M {
  try {
    module.loadStateDict(dict, { prefix, [LOADED]: true } as LoadOptions);
    return module;
  } catch (error) {
    module.dispose();
    throw error;
  }
}
