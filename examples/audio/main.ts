/** A guitar amplifier in the browser: `npm run audio`. */
import { readFileSync } from "node:fs";
import { Complaint, commandLine, run } from "../terminal.js";
import { Amplifier } from "./amplifier.js";
import { serve } from "./server.js";
import { train } from "./train.js";

const HELP = `A guitar amplifier that is an LSTM, in the browser's AudioWorklet.

  npm run audio                   serves the page on this machine and prints its address
  npm run audio -- --measure      prints the share of real time that it needs, in Node and in Chromium
  npm run audio -- --train        trains the model again, in about two minutes

  --model FILE    the amplifier to play: JSON of RTNeural, AIDA-X or GuitarML, or a .nam file, of one LSTM
  --port NUMBER   where to serve the page (8048; 0 takes any free port)
  --help          this text`;

async function main(): Promise<void> {
  const { values } = commandLine({
    options: {
      model: { type: "string" },
      port: { type: "string", default: "8048" },
      measure: { type: "boolean", default: false },
      train: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  if (values.train) return train();
  if (values.measure) return (await import("./measure.js")).measure(); // only here, because it brings puppeteer
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
    throw new Complaint(`--port must be a number up to 65535, got ${values.port}`, 2);
  }
  if (values.model !== undefined) checkModel(values.model);
  const { url } = await serve(port, values.model).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EADDRINUSE" ? new Complaint(`port ${port} is taken; try --port 0`) : error;
  });
  console.log(`${url}\nCtrl-C ends it.`);
}

/** What is wrong with a file is better said here than in the page. */
function checkModel(path: string): void {
  try {
    const bytes = readFileSync(path);
    new Amplifier(bytes[0] === "{".charCodeAt(0) ? bytes.toString() : bytes).dispose();
  } catch (error) {
    throw new Complaint(`--model ${path}: ${error instanceof Error ? error.message : error}`, 2);
  }
}

run("audio", main);
