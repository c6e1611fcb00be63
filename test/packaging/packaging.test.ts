/** The package as `npm pack` makes it, installed and run: the checks of the matrix that need nothing special installed. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { Place } from "./place.js";
import { RUNTIME_CHECKS } from "./runtime-checks.js";

const MINUTES = 60_000;
let place: Place;

beforeAll(async () => {
  place = await Place.make();
}, 5 * MINUTES);
afterAll(() => place.close());

const everyday = RUNTIME_CHECKS.filter((entry) => entry.everyday);
describe.each([...new Set(everyday.map(({ runtime }) => runtime))])("%s", (runtime) => {
  const checks = everyday.filter((entry) => entry.runtime === runtime);
  // The first to need a browser waits for it to be installed.
  test.each(checks)("$check", ({ run }) => run(place), 5 * MINUTES);
});
