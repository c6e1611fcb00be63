/** What the examples' programs have in common with the package's own command: ts/cli. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { Complaint } from "../ts/cli/terminal.js";

export { Complaint, print, run } from "../ts/cli/terminal.js";

/** The command line by node:util's parseArgs, what it refuses as a complaint. */
export function commandLine<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const [reason = ""] = (error as Error).message.split(/\.(?=\s|$)|\n/);
    throw new Complaint(`${reason} (--help lists the options)`, 2);
  }
}
