/** What is said of LSTMs, and what the figures say to it. */
import { table } from "../report.js";
import type { CellName } from "./cells.js";
import { gradientAt, type Measurement, number, reached, select, solvedOf } from "./chapter.js";
import type { Figures } from "./record.js";

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
  return table([["What is said", "Verdict", "Measured"], ...rows]);
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
  const lag = (cell: CellName, steps: number) => solvedOf(select(adding.lags, cell, steps));
  const longest = (cell: CellName) =>
    Math.max(0, ...adding.lags.filter((run) => run.cell === cell && run.solved).map(({ steps }) => steps));
  const tried = (cell: CellName) =>
    Math.max(...adding.lags.filter((run) => run.cell === cell).map(({ steps }) => steps));
  const relu = { clipped: lag("RNN (relu)", 30), not: solvedOf(select(adding["no clipping"], "RNN (relu)", 30)) };
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
      figure: `The longest adding problem that any of three seeds solved: RNN tanh ${longest("RNN (tanh)")} steps, relu ${longest("RNN (relu)")}, LSTM ${longest("LSTM")}, with forget bias 1 ${longest("LSTM, forget bias 1")}, GRU ${longest("GRU")}.`,
      holds:
        longest("RNN (tanh)") < longest("LSTM") &&
        longest("RNN (relu)") < longest("LSTM") &&
        longest("RNN (relu)") < longest("GRU"),
    },
    {
      claim: "They do not abolish vanishing gradients",
      verdict: "supported",
      figure: `With the same ${figures.settings.adding.lags.updates} updates the LSTM fails at ${tried("LSTM")} steps, with forget bias 1 at ${tried("LSTM, forget bias 1")}, the GRU at ${tried("GRU")}.`,
      holds: (["LSTM", "LSTM, forget bias 1", "GRU"] as const).every((cell) => tried(cell) > longest(cell)),
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
      figure: `It bounds the step: an RNN's gradient of norm ${number(clipped.parameters)} becomes ${number(clipped.clipped)}, and a relu RNN solves 30 steps with ${relu.clipped} seeds, without clipping with ${relu.not}. It cannot mend numbers that left float32, and a gradient that vanished stays vanished.`,
      holds: (clipped.clipped ?? 2) <= 1.0001 && relu.clipped.startsWith("3 of 3") && !relu.not.startsWith("3 of 3"),
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
  const [ofRNN, ofLSTM] = [
    solvedOf(select(adding.lags, "RNN (tanh)", shortest)),
    solvedOf(select(adding.lags, "LSTM", shortest)),
  ];
  return [
    {
      claim: "An LSTM costs more to train than an RNN",
      verdict: "in part",
      figure: `A training step takes ×${fixed(hidden.rnn)} the time of an RNN's at the same hidden size (a GRU's: ×${fixed(hidden.gru)}), but ×${fixed(parameters.rnn)} at the same number of parameters (×${fixed(parameters.gru)}). And it may need fewer steps: ${shortest} steps of adding were solved in ${ofLSTM} by the LSTM, in ${ofRNN} by the RNN (median updates in brackets).`,
      holds: hidden.rnn > 2 && hidden.gru > 1 && parameters.rnn < 1.5,
    },
  ];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const fixed = (value: number): string => String(Number(value.toFixed(2)));
