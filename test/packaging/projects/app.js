import { all } from "./all.js";
import { report } from "./report.js";

/** In the page and in a worker, whose file the bundler finds by this pattern. */
report(async () => {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const inWorker = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message ?? "the worker's file did not load"));
  });
  const here = all();
  if (JSON.stringify(here) !== JSON.stringify(inWorker)) {
    throw new Error(`the worker differs: ${JSON.stringify(inWorker)}`);
  }
  return here;
});
