/** `npm run fuzz -- --minutes 60 --seed N`, `--rounds N`, `--without "name of an operation"`. */
import { parseArgs } from "node:util";
import { wasmBytes } from "../support/wasm-memory.js";
import { playRounds } from "./rounds.js";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    minutes: { type: "string", default: "1" },
    rounds: { type: "string" },
    without: { type: "string", multiple: true },
  },
});
/** Objects of a round are small, and what `grow` keeps is at most some MiB. */
const MOST_BYTES = 64 * 2 ** 20;

const seed = Number(values.seed);
const end = performance.now() + 60_000 * Number(values.minutes);
const most = values.rounds === undefined ? undefined : Number(values.rounds);
console.log(`fuzzing with seed ${seed}`);
let told = 0;
const more = (rounds: number) => {
  process.send?.(seed + rounds); // whoever watches sees which round does not end
  if (Math.floor(Date.now() / 60_000) > told) {
    told = Math.floor(Date.now() / 60_000);
    console.log(
      `${new Date().toISOString()}  ${rounds} rounds, ${(wasmBytes() / 2 ** 20).toFixed(1)} MiB of WebAssembly memory`,
    );
  }
  return most === undefined ? performance.now() < end : rounds < most;
};
try {
  const rounds = await playRounds({ seed, more, ...(values.without && { without: values.without }) });
  if (wasmBytes() > MOST_BYTES) throw new Error(`${wasmBytes()} bytes of WebAssembly memory after ${rounds} rounds`);
  console.log(`${rounds} rounds, nothing found`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
