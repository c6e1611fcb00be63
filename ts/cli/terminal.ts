/** What programs on a terminal have in common: output that waits, and problems told in one line. */
import { once } from "node:events";

/** A problem to tell the user in one line. `exitCode` 2 is for a wrong command line, 1 for everything else. */
export class Complaint extends Error {
  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}

/** Waits until a slow reader has taken what was written, so that it does not pile up here. */
export async function print(text: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

/** A text without what would move a terminal's cursor or change its colours: names in a file may hold anything. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
export const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");

/** A message as one line. */
export const oneLine = (message: string): string => printable(message.replace(/\.?\s*\n\s*/g, "; "));

/** Whether an error was made for people to read: a complaint, or what the library throws on purpose. */
export const isForPeople = (error: unknown): error is Error =>
  error instanceof Complaint || (error instanceof Error && error.name === "LSTMError");

/** Runs a program to its end, or to its complaint. */
export function run(program: string, main: () => Promise<void>): void {
  let failed = false;
  const fail = (error: unknown): void => {
    if ((error as NodeJS.ErrnoException).code === "EPIPE") process.exit(0); // `| head` has seen enough
    if (!failed) console.error(isForPeople(error) ? `${program}: ${oneLine(error.message)}` : error);
    failed = true; // what cannot be written is told by the stream and by who wrote
    process.exitCode = error instanceof Complaint ? error.exitCode : 1;
    process.stdin.destroy(); // else a pipe that stays open would keep the program waiting
  };
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    const { code = "" } = error;
    fail(code === "EPIPE" ? error : new Complaint(`standard output cannot be written (${code})`));
  });
  main().catch(fail);
}
