import { shapeText, withArticle } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import type { LSTMOptions } from "../checks/options.js";
import {
  cellOf,
  checkDict,
  checkLoadOptions,
  hintAtParts,
  hintAtPrefix,
  LOADED,
  type LoadOptions,
  loaded,
  type StateDict,
} from "../parameters/state-dict.js";
import { checkWeights, type Weights, weightsOf } from "../tensor/quantization.js";
import { asTensor } from "../tensor/tensor.js";
import type { Cell } from "./cells.js";
import type { Recurrent } from "./recurrent.js";

/** Options of `fromStateDict`: those that a state dict does not tell. */
export type StackLoadOptions = Pick<LoadOptions, "prefix"> &
  Pick<LSTMOptions, "batchFirst" | "dropout" | "checkpointEvery"> & {
    /**
     * "int8" and "int16" round the weights to integers: a quarter or half of the bytes, and faster. For inference only. By default
     * weights are what they are in the state dict; "float32" takes the values that integers stand for.
     */
    weights?: Weights | undefined;
  };

const UNTOLD = ["batchFirst", "dropout", "checkpointEvery"];
const FIRST = "weight_ih_l0";

/** Layers of a cell with the parameters of a state dict; `own` are more options that it does not tell. */
export function fromStateDict<M extends Recurrent>(
  Stack: new (options: LSTMOptions) => M,
  cell: Cell,
  dict: StateDict,
  options: StackLoadOptions,
  own: readonly string[] = [],
): M {
  const owner = `${cell.name}.fromStateDict`;
  const untold = [...UNTOLD, ...own];
  const { prefix } = checkLoadOptions(owner, options, [...untold, "weights"]);
  const given = Object.fromEntries(untold.map((name) => [name, options[name as keyof StackLoadOptions]]));
  const names = new Set(Object.keys(checkDict(owner, dict)));
  const kinds = [...names].filter((name) => name.startsWith(`${prefix}weight_`)).map((name) => weightsOf(dict[name]));
  const weights = checkWeights(options.weights ?? kinds[0] ?? "float32");
  if (options.weights === undefined && kinds.some((kind) => kind !== weights)) {
    throw new LSTMError("STATE_DICT", `${owner}: weights are ${kinds}; give the option weights`);
  }
  const make = (under: string, more: object) =>
    new Stack({ ...more, ...sizesUnder(owner, cell, dict, names, under), [LOADED]: weights } as LSTMOptions);
  if (names.has(prefix + FIRST)) {
    return loaded(make(prefix, given), dict, prefix);
  }

  const expectedUnder = (other: string) => {
    const module = make(other, {});
    module.dispose();
    return module.parameters();
  };
  const hint =
    hintAtParts([prefix + FIRST], dict) +
    (hintAtPrefix(dict, prefix, FIRST, expectedUnder, true) || hintAtModules(dict));
  throw new LSTMError("STATE_DICT", `${owner}: ${prefix}${FIRST} is missing${hint}`);
}

/** The recurrent modules that a dict has, cells too, by their prefixes; "" if there is none. */
function hintAtModules(dict: StateDict): string {
  const weight = /weight_hh(_l0)?$/;
  const found = Object.keys(dict)
    .filter((name) => weight.test(name))
    .slice(0, 10)
    .map((name) => {
      const kind = cellOf(asTensor(name, dict[name]).shape) ?? "LSTM"; // one with projections
      const cell = name.endsWith("_l0") ? "" : "Cell"; // an LSTMCell's names have no layer
      return `${JSON.stringify(name.replace(weight, ""))} (${kind}${cell})`;
    });
  return found.length === 0 ? "" : `\n  It has recurrent modules under ${found.join(", ")}`;
}

/** Every size, from the names and shapes of the parameters under a prefix. */
function sizesUnder(
  owner: string,
  { name: own, gates }: Cell,
  dict: StateDict,
  names: ReadonlySet<string>,
  prefix: string,
) {
  const has = (name: string) => names.has(prefix + name);
  const shapeOf = (name: string) => asTensor(prefix + name, dict[prefix + name]).shape;
  const refuse = (name: string, expected: string) => {
    const text = `expected ${prefix}${name} of shape ${expected}, got ${shapeText(shapeOf(name))}`;
    return new LSTMError("STATE_DICT", `${owner}: ${text}`);
  };
  const projected = has("weight_hr_l0");
  if (has("weight_hh_l0")) {
    const shape = shapeOf("weight_hh_l0");
    const theirs = projected ? "LSTM" : cellOf(shape);
    if (theirs !== undefined && theirs !== own) {
      const why = projected ? "it has weight_hr_l0" : `weight_hh_l0 has shape ${shapeText(shape)}`;
      throw new LSTMError(
        "STATE_DICT",
        `${owner}: this is ${withArticle(theirs)}'s state dict (${why}); use ${theirs}.fromStateDict`,
      );
    }
  }
  const [rows = 0, inputSize = 0] = shapeOf("weight_ih_l0");
  const hiddenSize = rows / gates;
  if (hiddenSize < 1 || !Number.isInteger(hiddenSize) || inputSize < 1) {
    throw refuse("weight_ih_l0", `[${gates === 1 ? "" : `${gates} * `}hiddenSize, inputSize]`);
  }
  const projSize = projected ? (shapeOf("weight_hr_l0")[0] ?? 0) : 0;
  if (projected && (projSize < 1 || projSize >= hiddenSize)) {
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
    ...(projected && { projSize }),
  };
}
