/** Files in and out, and what goes wrong with them in one line. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { Complaint, isForPeople } from "./terminal.js";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EISDIR: "is a folder, not a file",
  EACCES: "access is denied",
  EPERM: "access is denied",
  ENOSPC: "the disk is full",
  ERR_FS_FILE_TOO_LARGE: "is larger than 2 GiB, which Node does not read at once",
};

/** An error of the file system in reading this path as a complaint; others stay as they are. */
export function aboutFile(path: string, error: unknown): unknown {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code === "" || isForPeople(error)) return error;
  return new Complaint(`${path}: ${REASONS[code] ?? `cannot be read or written (${code})`}`);
}

/** The same of writing: there what is missing is the folder. */
export function aboutOutput(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? new Complaint(`${path}: no such folder`) : aboutFile(path, error);
}

export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw aboutFile(path, error);
  }
}

/** Whether something is there that is no file, such as a pipe or /dev/null: nothing may take its place. */
export function isDevice(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
}

/** Writes a file as a whole: the old one stays until then. */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  try {
    if (isDevice(path)) return writeFileSync(path, bytes);
    const { writeFileAtomic } = await import("lstm-wasm/node");
    await writeFileAtomic(path, bytes);
  } catch (error) {
    throw aboutOutput(path, error);
  }
}

/** What a reader throws on purpose, with the file's name before it. */
export function nameFile(path: string, error: unknown): unknown {
  if (!isForPeople(error) || error instanceof Complaint) return error;
  error.message = `${path}: ${error.message}`;
  return error;
}
