/** What the examples' programs have in common: a command line, output that waits, and problems told in one line. */
import { once } from "node:events";
import { type ParseArgsConfig, parseArgs } from "node:util";

/** A problem to tell the user in one line. `exitCode` 2 is for a wrong command line, 1 for everything else. */
export class Complaint extends Error {
  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}

/** The command line by node:util's parseArgs, what it refuses as a complaint. */
export function commandLine<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const [reason = ""] = (error as Error).message.split(/\.(?=\s|$)|\n/);
    throw new Complaint(`${reason} (--help lists the options)`, 2);
  }
}

/** Waits until a slow reader has taken what was written, so that it does not pile up here. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

/** Runs a program to its end, or to its complaint. */
export function run(program: string, main: () => Promise<void>): void {
  const fail = (error: unknown): void => {
    if ((error as NodeJS.ErrnoException).code === "EPIPE") process.exit(0); // `| head` has seen enough
    console.error(error instanceof Complaint ? `${program}: ${error.message}` : error);
    process.exitCode = error instanceof Complaint ? error.exitCode : 1;
  };
  process.stdout.on("error", fail);
  main().catch(fail);
}
