/** What is said of LSTMs, and what the figures say to it. */
import { medianOf } from "../median.js";
import type { CellName } from "./cells.js";
import type { Figures, Run } from "./record.js";
import { gradientAt, type Measurement, number, reached, select, table } from "./summary.js";

export interface Verdict {
  readonly claim: string;
  readonly verdict: "supported" | "in part" | "contradicted";
  /** A sentence with the figures that the verdict rests on. */
  readonly figure: string;
  /** Whether the figures still are what the verdict and the sentence say. A test asks. */
  readonly holds: boolean;
}

export function claims(record: Measurement): string {
  const rows = verdicts(record).map(({ claim, verdict, figure }) => [claim, `**${verdict}**`, figure]);
  return table([["What is said", "Verdict", "Measured"], ...rows], 3);
}

export function verdicts({ figures, times }: Measurement): Verdict[] {
  return [...directionVerdicts({ figures, times }), ...gradientVerdicts(figures), ...costVerdicts({ figures, times })];
}

function directionVerdicts({ figures, times }: Pick<Measurement, "figures" | "times">): Verdict[] {
  const { directions, settings } = figures;
  const of = (model: string) => {
    const own = directions
      .map((point, i) => ({ ...point, seconds: times.directions[i] as number }))
      .filter((point) => point.model === model);
    const [first] = own as [(typeof own)[0]];
    const f1 = own.filter(({ epoch }) => epoch === settings.directions.epochs).map((point) => point.f1);
    return { ...first, f1, seconds: Math.min(...own.map(({ seconds }) => seconds)) };
  };
  const [one, two] = [of("one direction"), of("two directions")];
  const wide = of("one direction, as many parameters");
  const lstm = two.parameters.lstm / one.parameters.lstm;
  const model = two.parameters.model / one.parameters.model;
  const stack = stackParameters(2) / stackParameters(1);
  const [gained, widened] = [mean(two.f1) - mean(one.f1), mean(wide.f1) - mean(one.f1)];
  return [
    {
      claim: "A bidirectional LSTM has twice the parameters",
      verdict: "in part",
      figure: `One layer: ×${fixed(lstm)} exactly. The segmenter around it: ×${fixed(model)}, since its embedding does not grow. Two layers of 128: ×${fixed(stack)}, since the second layer reads both directions.`,
      holds: lstm === 2 && model < 1.9 && stack > 2.1,
    },
    {
      claim: "and costs twice as much",
      verdict: "supported",
      figure: `×${fixed(two.flops / one.flops)} the LSTM's flops; an epoch of training took ×${fixed(two.seconds / one.seconds)} the time.`,
      holds: two.flops === 2 * one.flops && two.seconds > 1.4 * one.seconds,
    },
    {
      claim: "and is better for it",
      verdict: "supported",
      figure: `F1 +${gained.toFixed(3)} after the same short training. One direction with as many parameters: +${widened.toFixed(3)}, so it is the second direction that helps and not the size.`,
      holds: gained > 0.02 && widened < gained / 2,
    },
  ];
}

/** Of two layers of 128 units on 64 inputs. */
function stackParameters(directions: number): number {
  const layer = (inputs: number) => directions * 4 * 128 * (inputs + 128 + 2);
  return layer(64) + layer(directions * 128);
}

function gradientVerdicts(figures: Figures): Verdict[] {
  const { gradient, adding } = figures;
  const at = (cell: CellName, scale: number, steps: number) =>
    reached(gradient, gradientAt(gradient, cell, scale, steps)) ?? Number.POSITIVE_INFINITY;
  const shown = (cell: CellName, scale: number, steps: number) =>
    number(reached(gradient, gradientAt(gradient, cell, scale, steps)));
  const lengths = figures.settings.adding.lags.steps;
  /** The longest sequences that at least half of the seeds solved. */
  const longest = (cell: CellName) =>
    Math.max(0, ...lengths.filter((steps) => solvedByHalf(select(adding.lags, cell, steps))));
  /** The shortest that they did not. */
  const beyond = (cell: CellName) => Math.min(...lengths.filter((steps) => steps > longest(cell)));
  const failed = (cell: CellName) => `${beyond(cell)} steps with ${seeds(select(adding.lags, cell, beyond(cell)))}`;
  const relu = {
    clipped: select(adding.lags, "RNN (relu)", 30),
    not: select(adding["no clipping"], "RNN (relu)", 30),
  };
  const clipped = gradientAt(gradient, "RNN (tanh)", 4, 200);
  return [
    {
      claim: "The gradient of an RNN vanishes over long sequences",
      verdict: "supported",
      figure: `Of the gradient of a loss at step 100, ${shown("RNN (tanh)", 1, 100)} (tanh) and ${shown("RNN (relu)", 1, 100)} (relu) reach step 1.`,
      holds: at("RNN (tanh)", 1, 100) < 1e-15 && at("RNN (relu)", 1, 100) < 1e-15,
    },
    {
      claim: "The LSTM's does not",
      verdict: "in part",
      figure: `Not at first: with PyTorch's first values ${shown("LSTM", 1, 100)} reaches step 1, and a GRU's ${shown("GRU", 1, 100)}, as good as nothing too. Forget bias 1: ${shown("LSTM, forget bias 1", 1, 100)}; forget bias 3: ${shown("LSTM, forget bias 3", 1, 100)}. An LSTM can learn to keep its gradient ("before and after" below).`,
      holds:
        at("LSTM", 1, 100) < 1e-15 &&
        at("LSTM, forget bias 1", 1, 100) < 1e-3 &&
        at("LSTM, forget bias 3", 1, 100) > 0.1,
    },
    {
      claim: "LSTM and GRU learn long dependencies where the RNN fails",
      verdict: "supported",
      figure: `The longest adding problem that at least two of three seeds solved: RNN tanh ${longest("RNN (tanh)")} steps, relu ${longest("RNN (relu)")}, LSTM ${longest("LSTM")}, with forget bias 1 ${longest("LSTM, forget bias 1")}, GRU ${longest("GRU")}.`,
      holds:
        longest("RNN (tanh)") < longest("LSTM") &&
        longest("RNN (relu)") < longest("LSTM") &&
        longest("RNN (relu)") < longest("GRU"),
    },
    {
      claim: "They do not abolish vanishing gradients",
      verdict: "supported",
      figure: `In the same ${figures.settings.adding.lags.updates} updates the LSTM solves ${failed("LSTM")}, with forget bias 1 ${failed("LSTM, forget bias 1")}, the GRU ${failed("GRU")}.`,
      holds: (["LSTM", "LSTM, forget bias 1", "GRU"] as const).every((cell) => {
        const runs = select(adding.lags, cell, beyond(cell));
        return runs.length > 0 && !solvedByHalf(runs);
      }),
    },
    {
      claim: "The LSTM eases exploding gradients",
      verdict: "in part",
      figure: `Recurrent weights × 4, T = 100: an RNN's gradient grows to ${shown("RNN (tanh)", 4, 100)} (tanh) and ${shown("RNN (relu)", 4, 100)} (relu), an LSTM's falls to ${shown("LSTM", 4, 100)}. Weights × 8: the LSTM's grows to ${shown("LSTM", 8, 100)} too, and a GRU's to ${shown("GRU", 8, 100)}.`,
      holds:
        at("RNN (tanh)", 4, 100) > 1e4 &&
        at("RNN (relu)", 4, 100) > 1e4 &&
        at("LSTM", 4, 100) < 1 &&
        at("LSTM", 8, 100) > 1e3,
    },
    {
      claim: "Clipping cures exploding gradients",
      verdict: "in part",
      figure: `It bounds the step: an RNN's gradient of norm ${number(clipped.parameters)} becomes ${number(clipped.clipped)}, and a relu RNN solves 30 steps with ${seeds(relu.clipped)}, without clipping with ${seeds(relu.not)}. It cannot mend numbers that left float32, and a gradient that vanished stays vanished.`,
      holds: (clipped.clipped ?? 2) <= 1.0001 && solvedByHalf(relu.clipped) && !solvedByHalf(relu.not),
    },
  ];
}

function costVerdicts({ figures: { cost, adding }, times }: Pick<Measurement, "figures" | "times">): Verdict[] {
  const time = (cell: CellName, same: string) =>
    times.cost[cost.findIndex((point) => point.cell === cell && point.same === same)]?.fastest ?? Number.NaN;
  const lstm = time("LSTM", "hidden size");
  const [hidden, parameters] = (["hidden size", "parameters"] as const).map((same) => ({
    rnn: lstm / time("RNN (tanh)", same),
    gru: lstm / time("GRU", same),
  })) as [Record<"rnn" | "gru", number>, Record<"rnn" | "gru", number>];
  const shortest = Math.min(...adding.lags.map(({ steps }) => steps));
  const updates = (cell: CellName) => medianOf(select(adding.lags, cell, shortest).map((run) => run.updates));
  return [
    {
      claim: "An LSTM costs more to train than an RNN",
      verdict: "in part",
      figure: `A training step takes ×${fixed(hidden.rnn)} the time of an RNN's at the same hidden size (a GRU's: ×${fixed(hidden.gru)}), but ×${fixed(parameters.rnn)} at the same number of parameters (×${fixed(parameters.gru)}). And it needs fewer of them: ${updates("LSTM")} updates for the adding problem over ${shortest} steps, which both solve; the RNN ${updates("RNN (tanh)")}.`,
      holds: hidden.rnn > 2 && hidden.gru > 1 && parameters.rnn < 1.5 && updates("LSTM") < updates("RNN (tanh)"),
    },
  ];
}

const solvedByHalf = (runs: readonly Run[]): boolean =>
  runs.length > 0 && 2 * runs.filter(({ solved }) => solved).length >= runs.length;
const seeds = (runs: readonly Run[]): string => `${runs.filter(({ solved }) => solved).length} of ${runs.length} seeds`;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const fixed = (value: number): string => String(Number(value.toFixed(2)));
