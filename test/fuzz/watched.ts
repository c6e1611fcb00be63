/** Fuzzing in a process of its own, which is ended when a round does not end: nothing else can interrupt it. */
import { fork } from "node:child_process";
import { join } from "node:path";

/** How long one round may take. It usually takes some milliseconds. */
const MILLISECONDS = 60_000;

/** Runs `main.ts` with these arguments until `signal` aborts. Rejects with what it printed if it failed, or with the seed of a round that hangs. */
export function fuzz(args: readonly string[], signal: AbortSignal): Promise<void> {
  const child = fork(join(import.meta.dirname, "main.ts"), args, {
    execArgv: ["--import", "tsx"],
    silent: true,
    killSignal: "SIGKILL",
    signal,
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (printed += text));
  return new Promise((resolve, reject) => {
    let seed: unknown;
    const watch = setTimeout(() => {
      child.kill("SIGKILL");
      reject(
        new Error(`a round has not ended within ${MILLISECONDS / 1000} s: npm run fuzz -- --seed ${seed} --rounds 1`),
      );
    }, MILLISECONDS);
    child.on("message", (next) => {
      seed = next;
      watch.refresh();
    });
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(watch);
      if (status === 0) resolve();
      else reject(new Error(printed));
    });
  });
}
