/** bench/record/: what was measured, one JSON file a run, which the charts and the README's figures come from. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

export const FOLDER = fileURLToPath(new URL("record/", import.meta.url));

export interface Machine {
  readonly date: string;
  readonly command: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly node: string;
  readonly v8: string;
}

/** Of this package. */
export const { version }: { version: string } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);

/** This machine, now. */
export function machine(): Machine {
  return {
    date: new Date().toISOString(),
    command: ["npm run bench --", ...process.argv.slice(2)].join(" "),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    v8: process.versions.v8,
  };
}

/** Writes a run down under its kind, "cases" or "cold" for example. */
export function record(kind: string, content: object): void {
  mkdirSync(FOLDER, { recursive: true });
  const about = machine();
  const name = `${about.date.slice(0, 19).replaceAll(":", "-")}-${kind}.json`;
  writeFileSync(`${FOLDER}${name}`, `${JSON.stringify({ kind, ...about, ...content }, undefined, 1)}\n`);
  console.log(`\nrecorded in bench/record/${name}`);
}

/** What a file of bench/record/ holds, and the file's name. */
export type Recorded<T> = T & Machine & { readonly file: string };

/** The newest record of a kind that `fits`. */
export function newest<T>(kind: string, fits: (record: Recorded<T>) => boolean = () => true): Recorded<T> | undefined {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((file) => kindOf(file) === kind) : [];
  return names
    .sort()
    .map(read<T>)
    .filter(fits)
    .at(-1);
}

/** The record of this name. */
export function read<T>(file: string): Recorded<T> {
  return { ...JSON.parse(readFileSync(`${FOLDER}${file}`, "utf8")), file };
}

/** "cases" of "2026-11-26T03-54-43-cases.json" */
export function kindOf(file: string): string | undefined {
  return /-(\w+)\.json$/.exec(file)?.[1];
}
