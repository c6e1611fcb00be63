import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkCount, checkObject } from "../checks/options.js";
import { load, loadMetadata, save } from "../formats/safetensors.js";
import { Module } from "../parameters/module.js";
import { matchStateDict } from "../parameters/state-dict.js";
import type { Bytes } from "../tensor/arrays.js";
import type { Tensor } from "../tensor/tensor.js";
import { fromJSON, parseJSON, toJSON } from "./json.js";
import { Optimizer, type OptimizerState } from "./optimizer.js";
import { ReduceLROnPlateau } from "./plateau.js";
import { Schedule, type ScheduleState } from "./schedule.js";

/** A schedule, or anything else that has a state. */
export interface Stateful {
  /** What it remembers: anything that `extra` may hold, too. */
  stateDict(): object;
  /** Takes what `stateDict` gave. */
  loadStateDict(state: never): void;
}

/** What goes into a checkpoint, and what one is loaded into: each a single thing, or several by names without a dot. */
export interface Checkpoint {
  /** The weights, and what dropouts draw from. */
  model: Module | Readonly<Record<string, Module>>;
  /** Its options and what it remembers of each parameter. */
  optimizer?: Optimizer | Readonly<Record<string, Optimizer>> | undefined;
  /** What a schedule remembers. */
  scheduler?: Stateful | Readonly<Record<string, Stateful>> | undefined;
}

const FORMAT = "lstm-wasm checkpoint 2";

/**
 * Model, optimiser, schedule and the state of every dropout as the bytes of one safetensors file: training that goes on
 * from it has the same bits as training that never stopped.
 *
 * `extra` is yours: the epoch, the seed of the batches, losses. It may hold numbers of all kinds, strings, plain objects,
 * arrays, Tensors, typed arrays, Maps, Sets, Dates and BigInts, and comes back as it was.
 *
 * @throws LSTMError `OPTION` for anything else in `extra`, with its path; `DISPOSED`
 */
export function saveCheckpoint(checkpoint: Checkpoint & { extra?: unknown }): Bytes {
  const { model, optimizer, scheduler, extra: given } = read("saveCheckpoint", checkpoint, ["extra"]);
  // What runs code of the caller's comes first, so that all of the training is of one moment.
  const beside: Tensor[] = [];
  const extra = toJSON("extra", given, beside);
  const schedulers = byName(scheduler, (one, name) =>
    toJSON(`scheduler${name && `.${name}`}`, one.stateDict(), beside),
  );

  const tensors: [string, Tensor][] = [...beside.entries()].map(([index, tensor]) => [`extra.${index}`, tensor]);
  const add = (prefix: string, state: object) => {
    for (const [name, tensor] of Object.entries(state)) tensors.push([prefix + name, tensor]);
  };
  for (const [name, module] of model) add(`model.${prefixOf(name)}`, module.stateDict());
  const optimizers = byName(optimizer, (one, name) => {
    const { state, ...options } = one.stateDict();
    add(`optimizer.${prefixOf(name)}`, state);
    return options;
  });
  const draws = Object.fromEntries(dropouts(model).map(([name, module]) => [name, module.dropoutDraw]));
  const state = stringify({ optimizers, schedulers, draws, extra });
  return save(Object.fromEntries(tensors), { format: FORMAT, state });
}

/** Strings end somewhere, at half a gigabyte for example. */
function stringify(state: object): string {
  try {
    return JSON.stringify(state);
  } catch (cause) {
    throw new LSTMError("FILE", "saveCheckpoint: extra is too large for the header of a file", { cause });
  }
}

/**
 * Brings model, optimiser, schedule and dropouts to where a checkpoint was saved; nothing is changed if anything is wrong.
 *
 * Parts that are left out stay as they are: `loadCheckpoint(bytes, { model })` takes the weights alone, to predict or to
 * begin another training, out of any checkpoint. Parts that are given must be in the file. Dropouts must be those of the
 * checkpoint if an optimiser is given, since training goes on then; else those that are in both are set.
 *
 * @returns what was saved as `extra`
 * @throws LSTMError `FILE` for bytes that are no checkpoint; `STATE_DICT` for one of another model, optimiser or
 *   schedule; `OPTION` for values in it that no constructor would take
 */
export function loadCheckpoint(bytes: ArrayBufferLike | ArrayBufferView, checkpoint: Checkpoint): { extra: unknown } {
  const { model, optimizer, scheduler } = read("loadCheckpoint", checkpoint, []);
  const file = readFile(bytes);
  requireAll("optimizer", optimizer, file.optimizers);
  requireAll("scheduler", scheduler, file.schedulers);

  const parameters = [...model].flatMap(([name, module]) =>
    module.namedParameters().map(([own, parameter]) => {
      return { name: prefixOf(name) + own, shape: parameter.shape, parameter };
    }),
  );
  const asked = (name: string) => model.has("") || model.has(name.slice(0, name.indexOf(".")));
  const weights = [...file.tensors("model.")].filter(([name]) => asked(name));
  const { matched } = matchStateDict("loadCheckpoint", parameters, Object.fromEntries(weights));
  const droppers = dropouts(model);
  const draws = checkDraws(droppers, file.draws, optimizer.size > 0, asked);
  const states = splitByName(file.tensors("optimizer."), file.optimizers.has(""));
  const takes = [...optimizer].map(([name, one]) => {
    const options = file.optimizers.get(name) as object;
    return one.prepare({ ...options, state: Object.fromEntries(states.get(name) ?? []) } as OptimizerState);
  });
  const foreign: [Stateful, unknown][] = [];
  for (const [name, one] of scheduler) {
    const state = file.schedulers.get(name);
    if (isOurs(one)) takes.push(one.prepare(state as ScheduleState));
    else foreign.push([one, state]);
  }
  // What throws does so before anything is written.
  for (const { parameter } of parameters) parameter.object.checkWritable(parameter.index);

  // Schedules of the caller's own first: they alone may still refuse.
  loadForeign(foreign);
  for (const take of takes) take();
  for (const [index, tensor] of matched) parameters[index]?.parameter.write(tensor.data);
  for (const [module, draw] of draws) module.dropoutDraw = draw;
  for (const module of model.values()) module.discardPending();
  return { extra: file.extra };
}

/** What a file holds; whether it fits is not checked yet. */
function readFile(bytes: ArrayBufferLike | ArrayBufferView) {
  const refuse = (why: string, cause?: unknown) => new LSTMError("FILE", `loadCheckpoint: ${why}`, { cause });
  const { format, state: text } = loadMetadata(bytes);
  if (format !== FORMAT || text === undefined) {
    const hint = format?.startsWith("lstm-wasm checkpoint")
      ? "the file is of another version of lstm-wasm"
      : "for weights alone there are load(bytes) and model.loadStateDict";
    throw refuse(`expected the format "${FORMAT}", got ${describe(format)}; ${hint}`);
  }
  const all = Object.entries(load(bytes));
  const tensors = (prefix: string): [string, Tensor][] =>
    all.filter(([name]) => name.startsWith(prefix)).map(([name, tensor]) => [name.slice(prefix.length), tensor]);
  try {
    const { optimizers, schedulers, draws, extra } = parseJSON(text) as Record<string, unknown>;
    const beside = new Map(tensors("extra.").map(([name, tensor]) => [Number(name), tensor]));
    return {
      tensors,
      extra: fromJSON(extra, beside),
      optimizers: new Map(Object.entries(optimizers as object)),
      schedulers: new Map(Object.entries(schedulers as object).map(([name, one]) => [name, fromJSON(one, beside)])),
      draws: new Map<string, { seed: unknown; call: unknown }>(Object.entries(draws as object)),
    };
  } catch (cause) {
    throw refuse(`the state in this file is damaged: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

function requireAll(kind: string, asked: ReadonlyMap<string, unknown>, held: ReadonlyMap<string, unknown>): void {
  for (const name of asked.keys()) {
    if (held.has(name)) continue;
    const has = held.size === 0 ? "none" : held.has("") ? "one without a name" : [...held.keys()].join(", ");
    const text = `${kind}${name && `.${name}`} is not in this checkpoint. It holds: ${has}. What is left out stays as it is`;
    throw new LSTMError("STATE_DICT", `loadCheckpoint: ${text}`);
  }
}

/** The draws to set. */
function checkDraws(
  droppers: readonly [string, Dropping][],
  saved: ReadonlyMap<string, { seed: unknown; call: unknown }>,
  all: boolean,
  asked: (name: string) => boolean,
): [Dropping, { seed: number; call: number }][] {
  const own = droppers.map(([name]) => name);
  const theirs = [...saved.keys()].filter((name) => asked(`${name}.`));
  if (all && (own.length !== theirs.length || !own.every((name) => saved.has(name)))) {
    const got = `Expected dropouts: ${own.join(", ") || "none"}, got ${theirs.join(", ") || "none"}`;
    throw new LSTMError("STATE_DICT", `loadCheckpoint: this checkpoint is of another training. ${got}`);
  }
  return droppers.flatMap(([name, module]): [Dropping, { seed: number; call: number }][] => {
    if (!saved.has(name)) return [];
    const draw = checkObject(`loadCheckpoint: the draw of ${name || "model"}`, saved.get(name), ["seed", "call"]);
    return [[module, { seed: checkCount(`${name}.seed`, draw.seed), call: checkCount(`${name}.call`, draw.call) }]];
  });
}

/** A schedule of this package, unless a class that extends it loads in a way of its own. */
const isOurs = (one: Stateful): one is Schedule | ReduceLROnPlateau =>
  [Schedule, ReduceLROnPlateau].some(({ prototype }) => prototype.loadStateDict === one.loadStateDict);

/** Loads schedules that check nothing beforehand; if one refuses, those before it go back. */
function loadForeign(schedulers: readonly [Stateful, unknown][]): void {
  const before = schedulers.map(([one]) => one.stateDict());
  for (const [index, [one, state]] of schedulers.entries()) {
    try {
      one.loadStateDict(state as never);
    } catch (error) {
      for (let back = 0; back < index; back++) schedulers[back]?.[0].loadStateDict(before[back] as never);
      throw error;
    }
  }
}

/** Tensors by the name that their own begin with; all under "" if there is no such name. */
function splitByName(tensors: readonly [string, Tensor][], single: boolean): ReadonlyMap<string, [string, Tensor][]> {
  if (single) return new Map([["", [...tensors]]]);
  const groups = new Map<string, [string, Tensor][]>();
  for (const [full, tensor] of tensors) {
    const name = full.slice(0, full.indexOf("."));
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push([full.slice(name.length + 1), tensor]);
  }
  return groups;
}

const prefixOf = (name: string): string => name && `${name}.`;

const byName = <T>(parts: ReadonlyMap<string, T>, of: (part: T, name: string) => unknown): Record<string, unknown> =>
  Object.fromEntries([...parts].map(([name, part]) => [name, of(part, name)]));

/** The parts of a checkpoint by their names; a single one has the name "". */
function read(owner: string, checkpoint: unknown, others: readonly string[]) {
  const { model, optimizer, scheduler, extra } = checkObject(owner, checkpoint, [
    "model",
    "optimizer",
    "scheduler",
    ...others,
  ]);
  const isModule = (value: unknown): value is Module => value instanceof Module;
  const isOptimizer = (value: unknown): value is Optimizer => value instanceof Optimizer;
  return {
    model: named(owner, "model", "a module or modules", model, isModule),
    optimizer: named(owner, "optimizer", "an optimiser or optimisers", optimizer, isOptimizer),
    scheduler: named(owner, "scheduler", "a schedule or schedules", scheduler, isStateful),
    extra,
  };
}

const isStateful = (value: unknown): value is Stateful =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Partial<Stateful>).stateDict === "function" &&
  typeof (value as Partial<Stateful>).loadStateDict === "function";

function named<T>(
  owner: string,
  kind: string,
  expected: string,
  value: unknown,
  is: (value: unknown) => value is T,
): ReadonlyMap<string, T> {
  if (value === undefined && kind !== "model") return new Map();
  if (is(value)) return new Map([["", value]]);
  const refuse = (got: unknown) => mustBe("OPTION", `${owner}: ${kind}`, `${expected} by name`, got);
  if (typeof value !== "object" || value === null) throw refuse(value);
  const parts = new Map<string, T>();
  for (const [name, part] of Object.entries(value)) {
    if (!is(part)) throw refuse(part);
    if (name === "" || name.includes(".")) {
      throw new LSTMError("OPTION", `${owner}: names must have no dot, got ${kind} ${describe(name)}`);
    }
    parts.set(name, part);
  }
  if (parts.size === 0) throw refuse(value);
  return parts;
}

interface Dropping {
  dropoutDraw: { seed: number; call: number };
}

/** Everything that draws masks, by its name. */
function dropouts(modules: Iterable<[string, Module]>): [string, Dropping][] {
  return [...modules].flatMap(([name, module]): [string, Dropping][] => [
    ...("dropoutDraw" in module ? [[name, module as Module & Dropping] as [string, Dropping]] : []),
    ...dropouts(module.namedChildren().map(([own, inner]) => [prefixOf(name) + own, inner])),
  ]);
}
