/** The pinyin worker on this machine: `npm run worker`. */
import { Complaint, commandLine, run } from "../terminal.js";
import { start } from "./runtime.js";

const HELP = `The pinyin model over HTTP, in Cloudflare's workerd on this machine.

  npm run worker     serves and prints the address

  --port NUMBER   where (8787; 0 takes any free port)
  --help          this text`;

async function main(): Promise<void> {
  const { values } = commandLine({
    options: { port: { type: "string", default: "8787" }, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) return console.log(HELP);
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
    throw new Complaint(`--port must be a number up to 65535, got ${values.port}`, 2);
  }
  const { origin } = await (await start(port)).ready;
  console.log(`${origin}/\n\n  curl --json '{"text": "银行很远"}' ${origin}/pinyin\n\nCtrl-C ends it.`);
}

run("worker", main);
