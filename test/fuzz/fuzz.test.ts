/** A minute of fuzzing: some rounds that are always the same, and others from day to day. */
import { expect, it } from "vitest";
import { fuzz } from "./watched.js";

const today = Math.floor(Date.now() / 86_400_000) * 100_000;

it.for([
  { name: "some that are always the same", args: ["--seed", "20260101", "--rounds", "1500"] },
  { name: `today's, from seed ${today} on`, args: ["--seed", String(today), "--minutes", "0.5"] },
])("rounds find nothing: $name", { timeout: 300_000 }, async ({ args }, { signal }) => {
  await expect(fuzz(args, signal)).resolves.toBeUndefined();
});
