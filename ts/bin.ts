#!/usr/bin/env node
/** `npx lstm-wasm`: the package on the command line. Each command is loaded when it is asked for. */
import { main } from "./cli/main.js";
import { run } from "./cli/terminal.js";

run("lstm-wasm", () => main(process.argv.slice(2)));
