import type { Bytes } from "../arrays.js";
import { describe } from "../describe.js";
import { LSTMError } from "../errors.js";
import { Module } from "../module.js";
import { checkCount, checkObject } from "../options.js";
import { load, loadMetadata, save } from "../safetensors.js";
import { matchStateDict } from "../state-dict.js";
import type { Tensor } from "../tensor.js";
import type { Optimizer, OptimizerState } from "./optimizer.js";
import { Sequential } from "./sequential.js";

/** What goes into a checkpoint, and what one is loaded into. */
export interface Checkpoint {
  /** A module, or several by name. */
  model: Module | Readonly<Record<string, Module>>;
  /** Its options and what it remembers of each parameter. */
  optimizer?: Optimizer | undefined;
  /** A schedule, or anything else whose state is plain JSON. */
  scheduler?: { stateDict(): object; loadStateDict(state: never): void } | undefined;
}

const FORMAT = "lstm-wasm checkpoint 1";

/**
 * Model, optimiser, schedule and the state of every dropout as the bytes of one safetensors file: training that goes on
 * from it has the same bits as training that never stopped. `extra` is anything that JSON can hold: the epoch, the seed
 * of the batches.
 */
export function saveCheckpoint(checkpoint: Checkpoint & { extra?: unknown }): Bytes {
  const { model, optimizer, scheduler, extra } = read("saveCheckpoint", checkpoint, ["extra"]);
  const tensors: Record<string, Tensor> = {};
  for (const [prefix, module] of model) {
    for (const [name, tensor] of Object.entries(module.stateDict())) tensors[`model.${prefix}${name}`] = tensor;
  }
  const { state, options } = optimizer?.stateDict() ?? { state: {}, options: undefined };
  for (const [name, tensor] of Object.entries(state)) tensors[`optimizer.${name}`] = tensor;
  const draws = Object.fromEntries(dropouts(model).map(([name, module]) => [name, module.dropoutDraw]));
  const rest = { optimizer: options, scheduler: scheduler?.stateDict(), draws, extra };
  return save(tensors, { format: FORMAT, state: JSON.stringify(rest) });
}

/**
 * Brings model, optimiser, schedule and dropouts to where a checkpoint was saved; nothing is changed if anything is wrong.
 *
 * @returns what was saved as `extra`
 * @throws LSTMError `SAFETENSORS` for bytes that are no checkpoint; `STATE_DICT` for one of another model or optimiser
 */
export function loadCheckpoint(bytes: ArrayBufferLike | ArrayBufferView, checkpoint: Checkpoint): { extra: unknown } {
  const { model, optimizer, scheduler } = read("loadCheckpoint", checkpoint, []);
  const { format, state: json } = loadMetadata(bytes);
  if (format !== FORMAT || json === undefined) {
    throw new LSTMError("SAFETENSORS", `loadCheckpoint: expected the format "${FORMAT}", got ${describe(format)}`);
  }
  const rest = JSON.parse(json) as {
    optimizer?: OptimizerState["options"];
    scheduler?: object;
    draws: Record<string, { seed: number; call: number }>;
    extra?: unknown;
  };
  const tensors = load(bytes);
  const under = (prefix: string) => {
    const names = Object.keys(tensors).filter((name) => name.startsWith(prefix));
    return Object.fromEntries(names.map((name) => [name.slice(prefix.length), tensors[name] as Tensor]));
  };

  const parameters = model.flatMap(([prefix, module]) =>
    module.namedParameters().map(([name, parameter]) => ({ name: prefix + name, shape: parameter.shape, parameter })),
  );
  const { matched } = matchStateDict("loadCheckpoint", parameters, under("model."));
  const droppers = dropouts(model);
  refuseUnless("dropouts", droppers.map(([name]) => name).join(), Object.keys(rest.draws).join());
  refuseUnless("an optimiser", optimizer !== undefined, rest.optimizer !== undefined);
  refuseUnless("a schedule", scheduler !== undefined, rest.scheduler !== undefined);
  const remembered = { state: under("optimizer."), options: rest.optimizer ?? {} };
  optimizer?.check(remembered);
  for (const { parameter } of parameters) parameter.peek(); // throws once disposed, before anything is written
  for (const [name] of droppers) {
    const { seed, call } = rest.draws[name] as { seed: number; call: number };
    checkCount(`${name}: seed`, seed);
    checkCount(`${name}: call`, call);
  }

  // The schedule first: it alone has not been checked.
  scheduler?.loadStateDict(rest.scheduler as never);
  optimizer?.loadStateDict(remembered);
  for (const [index, tensor] of matched) parameters[index]?.parameter.data.set(tensor.data);
  for (const [name, module] of droppers) module.dropoutDraw = rest.draws[name] as { seed: number; call: number };
  for (const [, module] of model) module.forget();
  return { extra: rest.extra };
}

function refuseUnless(what: string, expected: unknown, got: unknown): void {
  if (expected === got) return;
  const text = `loadCheckpoint: this checkpoint is of another training. Expected ${what}: ${expected}, got ${got}`;
  throw new LSTMError("STATE_DICT", text);
}

/** The parts of a checkpoint, the modules with the prefixes of their names. */
function read(owner: string, checkpoint: unknown, others: readonly string[]) {
  const known = ["model", "optimizer", "scheduler", ...others];
  const { model, ...rest } = checkObject(owner, checkpoint, known) as unknown as Checkpoint & { extra?: unknown };
  const modules: [string, Module][] =
    model instanceof Module ? [["", model]] : Object.entries(model ?? {}).map(([name, module]) => [`${name}.`, module]);
  const wrong = modules.find(([, module]) => !(module instanceof Module));
  if (modules.length === 0 || wrong) {
    throw new LSTMError(
      "OPTION",
      `${owner}: model must be a module or modules by name, got ${describe(wrong?.[1] ?? model)}`,
    );
  }
  return { model: modules, ...rest };
}

interface Dropping {
  dropoutDraw: { seed: number; call: number };
}

/** Everything that draws masks, by its name. */
function dropouts(modules: readonly [string, Module][]): [string, Dropping][] {
  return modules.flatMap(([name, module]) => {
    if (module instanceof Sequential) {
      return dropouts(Object.entries(module.modules).map(([own, inner]) => [`${name}${own}.`, inner]));
    }
    return "dropoutDraw" in module ? [[name, module as Module & Dropping] as [string, Dropping]] : [];
  });
}
