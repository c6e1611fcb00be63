/** Which command it is, and the help of them all. */
import { columns, HELP, helpOf, parse, suggestion } from "./command.js";
import { COMMANDS } from "./commands.js";
import { Complaint, print } from "./terminal.js";

const help = () => `PyTorch's LSTM, GRU and RNN on the command line.

  lstm-wasm COMMAND [arguments]

${columns(COMMANDS.map(({ name, summary }) => [name, summary]))}

${columns([
  ["-h, --help", `${HELP.help}; after a command, the command's`],
  ["-v, --version", "the version"],
])}

Exit codes: 0 done, 1 a file or its data is at fault, 2 a wrong command line.
`;

/** @param args what stands after the program's name */
export async function main([name, ...rest]: readonly string[]): Promise<void> {
  if (name === undefined) {
    process.stderr.write(help());
    process.exitCode = 2;
    return;
  }
  if (name === "--version" || name === "-v") return version();
  const asked = name === "help" ? rest[0] : undefined;
  if (name === "--help" || name === "-h" || (name === "help" && asked === undefined)) return print(help());
  const word = asked ?? name;
  const command = COMMANDS.find((one) => one.name === word);
  if (command === undefined) {
    const hint = suggestion(
      word,
      COMMANDS.map((one) => one.name),
    );
    throw new Complaint(`there is no command ${word}${hint || " (--help lists the commands)"}`, 2);
  }
  const args = asked !== undefined ? "help" : parse(command, rest);
  return args === "help" ? print(helpOf(command)) : command.run(args);
}

async function version(): Promise<void> {
  const { readFileSync } = await import("node:fs");
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8"); // beside dist/, where this runs
  await print(`${JSON.parse(manifest).version}\n`);
}
