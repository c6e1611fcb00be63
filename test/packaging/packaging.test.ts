/** The package as `npm pack` makes it, installed and run: the cells of the matrix that need nothing special installed. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { CELLS } from "./cells.js";
import { Place } from "./place.js";

const MINUTES = 60_000;
let place: Place;

beforeAll(async () => {
  place = await Place.make();
}, 5 * MINUTES);
afterAll(() => place.close());

const everyday = CELLS.filter((cell) => cell.everyday);
describe.each([...new Set(everyday.map(({ runtime }) => runtime))])("%s", (runtime) => {
  const cells = everyday.filter((cell) => cell.runtime === runtime);
  // The first to need a browser waits for it to be installed.
  test.each(cells)("$check", ({ run }) => run(place), 5 * MINUTES);
});
