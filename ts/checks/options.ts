import { describe } from "./describe.js";
import { LSTMError } from "./errors.js";
import { mustBe } from "./must-be.js";

/** What `new LSTM` takes: the arguments of `torch.nn.LSTM` in camelCase, and a seed. */
export interface LSTMOptions {
  /** `I`: values in each row of the input. */
  inputSize: number;
  /** `H`: units of the cell. */
  hiddenSize: number;
  /** Layers, each reading the output of the one below; 1 by default. */
  numLayers?: number | undefined;
  /** Whether `bias_ih` and `bias_hh` exist; true by default. */
  bias?: boolean | undefined;
  /** Whether input and output are (batch, seq, .) instead of (seq, batch, .); never applies to h and c. */
  batchFirst?: boolean | undefined;
  /** In training, the probability of zeroing a value between two layers; 0 by default. */
  dropout?: number | undefined;
  /** Whether each layer also reads the sequence backwards; false by default. */
  bidirectional?: boolean | undefined;
  /** Columns that h is projected to, smaller than `hiddenSize`; 0, the default, for no projection. */
  projSize?: number | undefined;
  /**
   * In training, keep the state only every so many steps and compute the gates between again in backward: less memory for long
   * sequences, the same gradients to rounding, about a third more time. 0, the default, keeps everything.
   */
  checkpointEvery?: number | undefined;
  /**
   * The initial bias of the forget gate, in every layer and direction: `bias_ih` has it and `bias_hh` has 0, since their
   * sum counts. All other values are as PyTorch draws them for the seed. Left out, these are too: the gate then starts
   * near 0.5, so the cell forgets half of what it holds at each step. With 1 it starts near 0.73, with 2 near 0.88, and
   * gradients pass through more steps: for long memories (Gers et al. 2000; Jozefowicz et al. 2015).
   */
  forgetBias?: number | undefined;
  /**
   * With a seed the weights are those after `torch.manual_seed(seed)`, to the bit, and dropout masks follow from it.
   * Without one they are drawn by chance. An integer from 0 to 2^53 - 1.
   */
  seed?: number | undefined;
}

/** What `new GRU` takes: the arguments of `torch.nn.GRU` in camelCase, and a seed. */
export type GRUOptions = Omit<LSTMOptions, "projSize" | "forgetBias">;

/** What `new RNN` takes: the arguments of `torch.nn.RNN` in camelCase, and a seed. */
export interface RNNOptions extends GRUOptions {
  /** What h is made of its sum with, tanh by default. */
  nonlinearity?: "tanh" | "relu" | undefined;
}

/** What `new LSTMCell` takes. */
export type LSTMCellOptions = Pick<LSTMOptions, "inputSize" | "hiddenSize" | "bias" | "forgetBias" | "seed">;
/** What `new GRUCell` takes. */
export type GRUCellOptions = Pick<GRUOptions, "inputSize" | "hiddenSize" | "bias" | "seed">;
/** What `new RNNCell` takes. */
export type RNNCellOptions = Pick<RNNOptions, "inputSize" | "hiddenSize" | "bias" | "nonlinearity" | "seed">;

/**
 * The options of every cell, each with its default; those that a cell does not have keep theirs. `forgetBias` has none. The
 * core checks them against each other.
 */
export type CheckedOptions = {
  [Name in Exclude<keyof (LSTMOptions & RNNOptions), "forgetBias" | "seed">]: NonNullable<
    (LSTMOptions & RNNOptions)[Name]
  >;
} & { forgetBias?: number };

const REQUIRED = ["inputSize", "hiddenSize"];
/** The defaults of what every cell has; 0 stands for none. */
export const CELL_OPTIONS = { inputSize: 0, hiddenSize: 0, bias: true };
/** And of layers of cells. */
export const STACK_OPTIONS = {
  ...CELL_OPTIONS,
  numLayers: 1,
  batchFirst: false,
  dropout: 0,
  bidirectional: false,
  checkpointEvery: 0,
};
/** And of what not every cell has. */
export const DEFAULTS: CheckedOptions = { ...STACK_OPTIONS, projSize: 0, nonlinearity: "tanh" };

/** Whose an option is that other cells are given by mistake. */
const OWNERS: Readonly<Record<string, string>> = { projSize: "LSTM", forgetBias: "LSTM", nonlinearity: "RNN" };

/**
 * Checks the type of every option, and that there is no other. WebAssembly would coerce NaN, 3.7 and -1 in silence.
 *
 * @param own the options beyond the common ones
 */
export function checkOptions(owner: string, options: unknown, common: object, own: readonly string[]): CheckedOptions {
  const known = [...Object.keys(common), ...own];
  const given = checkObject(owner, options, [...known, "seed"], OWNERS);
  const checked: Record<string, unknown> = { ...DEFAULTS };
  for (const name of known) {
    const value = given[name];
    if (value !== undefined || REQUIRED.includes(name)) checked[name] = checkOption(name, value);
  }
  if (checked.forgetBias !== undefined && !checked.bias) {
    throw new LSTMError("OPTION", "forgetBias needs biases, but bias is false");
  }
  return checked as CheckedOptions;
}

function checkOption(name: string, value: unknown): unknown {
  if (typeof DEFAULTS[name as keyof CheckedOptions] === "boolean") return checkBoolean(name, value);
  if (name === "dropout") return checkProbability(name, value);
  if (name === "forgetBias") return checkFloat(name, value);
  if (name !== "nonlinearity") {
    const least = name === "projSize" || name === "checkpointEvery" ? 0 : 1;
    return checkInteger(name, value, least, name === "numLayers" ? MAX_LAYERS : MAX_SIZE);
  }
  return checkWord(name, value, ["tanh", "relu"]);
}

/** An object that has no other keys than these; `owners` are whose some others are. */
export function checkObject(
  owner: string,
  options: unknown,
  known: readonly string[],
  owners: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new LSTMError(
      "OPTION",
      `${owner}: expected an object such as { ${known.slice(0, 2).join(", ")} }, got ${describe(options)}`,
    );
  }
  // Of all ways over an object's names the one that makes no array; it also comes to those of its prototype.
  for (const name in options) {
    if (known.includes(name) || !Object.hasOwn(options, name)) continue;
    const plain = (text: string) => text.replace(/_/g, "").toLowerCase();
    const meant = known.find((other) => plain(other) === plain(name));
    if (meant === undefined && Object.hasOwn(owners, name)) {
      throw new LSTMError("OPTION", `${owner}: ${name} is an option of ${owners[name]}; PyTorch's ${owner} has none`);
    }
    const hint = meant === undefined ? `the options are ${known.join(", ")}` : `did you mean ${meant}?`;
    throw new LSTMError("OPTION", `${owner}: unknown option ${name}; ${hint}`);
  }
  return options as Record<string, unknown>;
}

/** WebAssembly takes 32-bit sizes; a sign is lost on the way. */
export const MAX_SIZE = 2 ** 31 - 1;
/** The counter of the dropout masks has 16 bits for the layer. */
const MAX_LAYERS = 2 ** 16 - 1;

/** An integer from `least` on. */
export function checkInteger(name: string, value: unknown, least: number, most = MAX_SIZE): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw mustBe("OPTION", name, `an integer from ${least} to ${most}`, value);
}

/** A safe integer from 0 on: a seed, a counter. */
export function checkCount(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw mustBe("OPTION", name, "an integer from 0 to 2^53 - 1", value);
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw mustBe("OPTION", name, "true or false", value);
}

/** A finite number from 0 on: a rate, a factor. */
export function checkRate(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < Infinity) return value;
  throw mustBe("OPTION", name, "a finite number from 0 on", value);
}

/** A finite number that is finite in float32, too. */
export function checkFloat(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(Math.fround(value))) return value;
  throw mustBe("OPTION", name, "a finite number (float32)", value);
}

/** One of these words. */
export function checkWord<Word extends string>(name: string, value: unknown, words: readonly Word[]): Word {
  if (words.includes(value as Word)) return value as Word;
  throw mustBe("OPTION", name, `one of ${words.join(", ")}`, value);
}

/** A seed option, which may be missing. */
export function checkSeed(seed: unknown): number | undefined {
  return seed === undefined ? undefined : checkCount("seed", seed);
}

export function checkProbability(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw mustBe("OPTION", name, "a probability from 0 to 1", value);
}

/** A rate for each of so many groups. */
export function checkRates(name: string, rates: unknown, count: number): number[] {
  const list: unknown[] = Array.isArray(rates) && rates.length === count ? [...rates] : [];
  if (list.length === count) return list.map((rate, index) => checkRate(`${name}[${index}]`, rate));
  throw mustBe("OPTION", name, `an array of ${count}, one for each group`, rates);
}
