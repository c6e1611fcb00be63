/** All experiments, one after the other. */
import { type RacePoint, race } from "./adding.js";
import { cost } from "./cost.js";
import { type DirectionsPoint, directions, type Text } from "./directions.js";
import { gradient } from "./gradient.js";
import { type Measured, type Run, runOf } from "./record.js";
import type { Settings } from "./settings.js";

const NO_RUNS: Record<keyof Settings["adding"], Run[]> = {
  lags: [],
  "no clipping": [],
  "smaller rate": [],
  "early marks": [],
};

/** Hears how far an experiment is: `done` goes from 0 to 1. */
export type Listener = (experiment: string, done: number, now: string) => void;

export function measure(settings: Settings, text: Text, listen: Listener = () => {}): Measured {
  const gradients = [];
  const { cells, scales, steps } = settings.gradient;
  const all = cells.length * scales.length * steps.length;
  for (const point of gradient(settings.gradient)) {
    gradients.push(point);
    listen("gradient", gradients.length / all, `${point.cell}, weights x ${point.scale}`);
  }

  const adding = { ...NO_RUNS };
  for (const name of Object.keys(adding) as (keyof typeof adding)[]) {
    const options = settings.adding[name];
    const runs: Run[] = [];
    let points: RacePoint[] = [];
    for (const point of race(options)) {
      // A new network begins with the point before its first update.
      if (point.updates === 0 && points.length > 0) {
        runs.push(runOf(points));
        points = [];
      }
      points.push(point);
      listen(`adding, ${name}`, partOf(options, point), `${point.cell}, ${point.steps} steps, seed ${point.seed}`);
    }
    if (points.length > 0) runs.push(runOf(points));
    listen(`adding, ${name}`, 1, "");
    adding[name] = runs;
  }

  const { models, seeds, epochs } = settings.directions;
  const trained: DirectionsPoint[] = [];
  listen("directions", 0, Object.keys(models)[0] ?? "");
  for (const point of directions(settings.directions, text)) {
    trained.push(point);
    listen("directions", trained.length / (Object.keys(models).length * seeds.length * epochs), point.model);
  }

  listen("cost", 0, "");
  const costs = [...cost(settings.cost)];
  listen("cost", 1, "");
  return {
    figures: {
      settings,
      gradient: gradients,
      adding,
      directions: trained.map(({ seconds: _, ...figures }) => figures),
      cost: costs.map(({ milliseconds: _, ...figures }) => figures),
    },
    times: {
      directions: trained.map(({ seconds }) => seconds),
      cost: costs.map(({ milliseconds }) => milliseconds),
    },
  };
}

/** How much of a race's training is behind this point, if nothing is solved or left out early. */
function partOf({ cells, steps, seeds, updates }: Settings["adding"]["lags"], point: RacePoint): number {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const cellsBefore = cells.indexOf(point.cell) * seeds.length * sum(steps);
  const lengthsBefore = seeds.length * sum(steps.filter((one) => one < point.steps));
  const seedsBefore = (seeds.indexOf(point.seed) + point.updates / updates) * point.steps;
  return (cellsBefore + lengthsBefore + seedsBefore) / (cells.length * seeds.length * sum(steps));
}
