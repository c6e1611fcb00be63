/** Files in and out, and what goes wrong with them in one line. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { Complaint, isForPeople } from "./terminal.js";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "no such file or folder",
  EISDIR: "is a folder, not a file",
  EACCES: "access is denied",
  EPERM: "access is denied",
  ENOSPC: "the disk is full",
  ERR_FS_FILE_TOO_LARGE: "is larger than 2 GiB, which Node does not read at once",
};

/** An error of the file system as a complaint about this path; others stay as they are. */
export function aboutFile(path: string, error: unknown): unknown {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code === "" || isForPeople(error)) return error;
  return new Complaint(`${path}: ${REASONS[code] ?? `cannot be read or written (${code})`}`);
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
    throw aboutFile(path, error);
  }
}

/** What a reader throws on purpose, with the file's name before it. */
export function nameFile(path: string, error: unknown): unknown {
  if (!isForPeople(error) || error instanceof Complaint) return error;
  error.message = `${path}: ${error.message}`;
  return error;
}
