/** A minute of fuzzing: some rounds that are always the same, and others from day to day. */
import { expect, it } from "vitest";
import { wasmBytes } from "../support/wasm-memory.js";
import { playRounds } from "./rounds.js";

/** Objects of a round are small, and what `grow` keeps is at most some MiB. */
const MOST_BYTES = 64 * 2 ** 20;

const fixed = 20260101;
const today = Math.floor(Date.now() / 86_400_000) * 100_000;

it.each([
  { name: `seed ${fixed}`, seed: fixed, more: (rounds: number) => rounds < 1500 },
  { name: `today's seed ${today}`, seed: today, more: within(30_000) },
])("finds nothing with $name", { timeout: 300_000 }, async ({ seed, more }) => {
  await playRounds({ seed, more });
  expect(wasmBytes()).toBeLessThan(MOST_BYTES);
});

/** Whether so many milliseconds have not passed since the first question. */
function within(milliseconds: number): () => boolean {
  let end: number | undefined;
  return () => {
    end ??= Date.now() + milliseconds;
    return Date.now() < end;
  };
}
