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

describe.each([...new Set(CELLS.map(({ runtime }) => runtime))])("%s", (runtime) => {
  const cells = CELLS.filter((cell) => cell.everyday && cell.runtime === runtime);
  // The first to need a browser waits for it to be installed.
  test.runIf(cells.length > 0).each(cells)("$check", ({ run }) => run(place), 5 * MINUTES);
});
