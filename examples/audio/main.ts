/** A guitar amplifier in the browser: `npm run audio`. */
import { Complaint, commandLine, run } from "../terminal.js";
import { serve } from "./server.js";
import { train } from "./train.js";

const HELP = `A guitar amplifier that is an LSTM, in the browser's AudioWorklet.

  npm run audio                   serves the page on this machine and prints its address
  npm run audio -- --measure      prints the share of real time that it needs, in Node and in Chromium
  npm run audio -- --train        trains the model again, in about two minutes

  --port NUMBER   where to serve the page (8048; 0 takes any free port)
  --help          this text`;

async function main(): Promise<void> {
  const { values } = commandLine({
    options: {
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
  const { url } = await serve(port).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EADDRINUSE" ? new Complaint(`port ${port} is taken; try --port 0`) : error;
  });
  console.log(`${url}\nCtrl-C ends it.`);
}

run("audio", main);
