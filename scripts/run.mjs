import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root: commands run there, whatever folder npm was called from. */
export const root = resolve(fileURLToPath(new URL("..", import.meta.url))); // Node 18 must get as far as the version check
export const cargoHome = process.env.CARGO_HOME || join(homedir(), ".cargo");

// A shell that was open when rustup was installed does not know its folder yet.
process.env.PATH += delimiter + join(cargoHome, "bin");

/** A failure to explain to a person in one message, without a stack. */
export class Stop extends Error {}

export function announce(what) {
  console.error(`setup: ${what}`);
}

/**
 * Runs a command to its end or throws `Stop`. What it prints goes to stderr, because stdout belongs to the program that
 * `npm start` runs afterwards, and so does stdin.
 */
export function run(command, args, options) {
  const { status, signal, error } = start(command, args, { ...options, stdio: ["ignore", 2, 2] });
  if (error) throw new Stop(`${command} cannot be started: ${error.message}`);
  if (status !== 0) throw new Stop(`\`${command} ${args.join(" ")}\` failed (${signal ?? `exit code ${status}`})`);
}

/** What a command prints on stdout, trimmed, or undefined if it fails or does not exist. */
export function ask(command, args, env) {
  const { status, stdout } = start(command, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : undefined;
}

/** Runs a check whose output is for the reader; returns whether it passed. */
export function passes(command, args, env) {
  const { status, error } = start(command, args, { env, stdio: ["ignore", "inherit", "inherit"] });
  if (error) console.error(`${command} cannot be started: ${error.message}`);
  return status === 0;
}

/** `env` is added to the environment; what it sets to undefined is removed. */
function start(command, args, { cwd = root, env = {}, stdio }) {
  const merged = Object.entries({ ...process.env, ...env }).filter(([, value]) => value !== undefined);
  // On Windows npm is a .cmd file, which only a shell can start.
  const shell = process.platform === "win32" && command === "npm";
  return spawnSync(command, args, { cwd, env: Object.fromEntries(merged), stdio, shell, encoding: "utf8" });
}
