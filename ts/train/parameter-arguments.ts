import { describe } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { checkObject } from "../checks/options.js";
import { Parameter } from "../parameters/parameter.js";
import type { Options, Rule } from "./param-group.js";

/** @internal Groups as they were given, the options checked. `name` is what an error calls a parameter. */
export function readGroups(rule: Rule, parameters: unknown, options: unknown) {
  const { owner } = rule;
  const names = Object.keys(rule.options);
  const entries = Object.entries(rule.options);
  const defaults = checkObject(owner, options, names);
  const fallbacks = new Map(entries.map(([name, [value, check]]) => [name, check(name, defaults[name] ?? value)]));
  const list = readList(owner, parameters);
  if (!list.some(isGroup)) return [{ params: list, options: checked({}, ""), name: (i: number) => `parameters[${i}]` }];
  return list.map((value, index) => {
    const at = `parameters[${index}]`;
    if (!isGroup(value)) throw mustBe("OPTION", `${owner}: ${at}`, "a group { params, ... }", value);
    const given = checkObject(`${owner}: ${at}`, value, [...names, "params"]);
    const { params } = given;
    return {
      params: params instanceof Parameter ? [params] : readList(`${owner}: ${at}.params`, params, true),
      options: checked(given, `${at}.`),
      name: (i: number) => `${at}.params[${i}]`,
    };
  });

  function checked(given: Record<string, unknown>, prefix: string): Options {
    const values = entries.map(([name, [, check]]) => [name, check(prefix + name, given[name] ?? fallbacks.get(name))]);
    const all: Options = Object.fromEntries(values);
    rule.check?.(all);
    return all;
  }
}

const isGroup = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !(value instanceof Parameter) && "params" in value;

/** What an iterable gives, read once. */
function readList(owner: string, values: unknown, mayBeEmpty = false): unknown[] {
  const iterable = typeof values === "object" && values !== null && Symbol.iterator in values;
  const list: unknown[] = iterable ? [...(values as Iterable<unknown>)] : [];
  if (list.length > 0 || (iterable && mayBeEmpty)) return list;
  const got = iterable ? "none" : describe(values);
  throw new LSTMError("OPTION", `${owner} needs parameters, as module.parameters() lists them, got ${got}`);
}

/** @internal Parameters of live modules, none of them twice, at least one; each with what an error calls it. */
export function checkParameters(
  named: readonly [name: string, value: unknown][],
  owner: string,
): [Parameter, ...Parameter[]] {
  const seen = new Set<Parameter>();
  let first: Parameter | undefined;
  for (const [name, parameter] of named) {
    if (!(parameter instanceof Parameter)) {
      throw mustBe("OPTION", `${owner}: ${name}`, "a Parameter", parameter);
    }
    parameter.object.id; // throws once disposed
    // A parameter of a module of one's own has no name.
    const which = parameter.name === "" ? name : `${name} (${parameter.name})`;
    if (seen.has(parameter)) throw new LSTMError("OPTION", `${owner}: ${which} is there twice`);
    seen.add(parameter);
    first ??= parameter;
    if (parameter.object.instance !== first.object.instance) {
      throw new LSTMError("OPTION", `${owner}: ${which} outlived a crash that others did not`);
    }
  }
  if (seen.size > 0) return [...seen] as [Parameter, ...Parameter[]];
  throw new LSTMError("OPTION", `${owner} needs parameters, and all of its groups are empty`);
}

/** @internal The parameters that clipping was given: of live modules, none of them twice, at least one. */
export function readParameters(owner: string, parameters: Iterable<Parameter>): readonly Parameter[] {
  const list = readList(owner, parameters);
  return checkParameters(
    list.map((value, index) => [`parameters[${index}]`, value]),
    owner,
  );
}
