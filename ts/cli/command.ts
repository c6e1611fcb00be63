/** A command's description: what parses its arguments, and what its help is made of. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { closestMatch } from "leven";
import { Complaint } from "./terminal.js";

/** An option, `--name VALUE` or, without `value`, `--name`. */
export interface Option {
  readonly name: string;
  readonly short?: string;
  /** How the help names the value. */
  readonly value?: string;
  readonly help: string;
  /** The values that there are. */
  readonly choices?: readonly string[];
}

export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** The positional arguments, all of which are needed. */
  readonly positionals: readonly string[];
  readonly options: readonly Option[];
  /** More of the help: what to know, examples. */
  readonly details: string;
  /** Loads the command and runs it. */
  run(args: Arguments): Promise<void>;
}

/** What a command is given. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | undefined>>;
  readonly flags: ReadonlySet<string>;
}

export const HELP: Option = { name: "help", short: "h", help: "this text" };

/** ". Did you mean X?" if one of the names is as good as the word. */
export function suggestion(word: string, names: readonly string[]): string {
  const begun = names.filter((name) => name.startsWith(word));
  const closest =
    begun.length === 1 ? begun[0] : closestMatch(word, names, { maxDistance: Math.max(1, Math.ceil(word.length / 3)) });
  return closest === undefined ? "" : `. Did you mean ${closest}?`;
}

/** @throws Complaint with exit code 2 */
export function parse(command: Command, args: readonly string[]): Arguments | "help" {
  const all = [...command.options, HELP];
  const config = Object.fromEntries(
    all.map(({ name, short, value }) => [
      name,
      { type: value === undefined ? ("boolean" as const) : ("string" as const), ...(short !== undefined && { short }) },
    ]),
  );
  const { values, positionals } = parsed({ args: [...args], options: config, allowPositionals: true }, all);
  if (values.help === true) return "help";
  const given: Record<string, string | undefined> = {};
  const flags = new Set<string>();
  for (const { name, choices } of all) {
    const value = values[name];
    if (value === true) flags.add(name);
    if (typeof value !== "string") continue;
    if (choices !== undefined && !choices.includes(value)) {
      throw new Complaint(`--${name} must be ${listed(choices)}, got ${value}${suggestion(value, choices)}`, 2);
    }
    given[name] = value;
  }
  const expected = command.positionals;
  const hint = `(lstm-wasm ${[command.name, ...expected].join(" ")})`;
  const missing = expected[positionals.length];
  if (missing !== undefined) throw new Complaint(`${command.name}: ${missing} is missing ${hint}`, 2);
  const extra = positionals[expected.length];
  if (extra !== undefined) throw new Complaint(`${command.name}: ${extra} is one argument too many ${hint}`, 2);
  return { positionals, values: given, flags };
}

function parsed(config: ParseArgsConfig, options: readonly Option[]) {
  try {
    return parseArgs(config);
  } catch (error) {
    const [reason = ""] = (error as Error).message.split(/\.(?=\s|$)|\n/);
    const [, unknown] = /^Unknown option '(.*)'$/.exec(reason) ?? [];
    const names = options.map(({ name }) => `--${name}`);
    const hint = unknown === undefined ? "" : suggestion(unknown, names);
    throw new Complaint(`${reason}${hint || " (--help lists the options)"}`, 2);
  }
}

export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

/** The help of one command. */
export function helpOf({ name, summary, positionals, options, details }: Command): string {
  const rows = [...options, HELP].map((option): [string, string] => [
    `${option.short ? `-${option.short}, ` : "    "}--${option.name}${option.value ? ` ${option.value}` : ""}`,
    option.help,
  ]);
  const usage = ["lstm-wasm", name, ...positionals, ...(options.length > 0 ? ["[options]"] : [])].join(" ");
  return `${summary}\n\n  ${usage}\n\n${columns(rows)}\n\n${details}\n`;
}

/** Two columns, indented. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
