import type { CellName } from "../../../../bench/claims/cells.js";

export const en = {
  intro:
    "What can a network learn from the first step of a long sequence? Training changes each weight by its gradient, which travels back from the output step by step. Only what still arrives at the first step can teach the network what to make of it. Here are two experiments with an RNN, a GRU and an LSTM, which this library computes in your browser while you look on.",
  cell: (cell: CellName): string => cell,
  failed: (reason: string) => `The experiments ended: ${reason}`,
  chosen: "LSTM, forget bias as set above",
  solvedLine: "solved",
  /** What stands between two sentences. */
  space: " ",
  /** What stands between the parts of a list. */
  comma: ", ",

  gradient: {
    title: "The gradient that reaches step 1",
    shows:
      "A network with 64 units, before any training, reads T steps of random numbers. The loss looks only at the output of the last step. The curve shows the gradient that comes back to the input of step 1, as a part of its size for T = 1. The scale is logarithmic: a straight line downwards means that every step back multiplies the gradient by the same factor, less than 1. Each point is the median of nine networks.",
    length: "Longest T",
    scale: "Recurrent weights",
    scaleValue: (scale: string) => `× ${scale}`,
    forgetBias: "Forget bias of the dashed LSTM",
    chart: "The part of the gradient that reaches step 1",
    x: "T, the length of the sequence",
    describe: (steps: number, values: string) => `From step ${steps} arrive: ${values}.`,
    value: (cell: string, value: string) => `${cell} ${value}`,
    table: "The part of the gradient that reaches step 1, in numbers",
    steps: "T =",
    overflow: "overflow",
    legend:
      "“0” is less than the smallest number of float32. “overflow” is more than its largest. The chart shows what lies between 10⁻²⁰ and 10²⁰.",
    record:
      "With × 1, 2, 4 or 8 and a forget bias of 1 or 3, these are the numbers of “npm run claims” to the last digit: it runs the same code, and the library computes the same bits everywhere.",
    look: "What to look for",
    notes: [
      [
        "An RNN’s gradient vanishes.",
        "With PyTorch’s first values (× 1), every step back leaves 40 % (relu) or 55 % (tanh) of it. After 100 steps nothing is left that training could use.",
      ],
      [
        "“The LSTM solves the vanishing gradient” holds only in part.",
        "At first its forget gates stand near 0.5. The cell state halves at each step, and of the gradient about 64 % is left, as in a GRU. A forget bias of 1 opens the gates to 0.73, and the gradient still vanishes, only later. A forget bias of 3 opens them to 0.95, and the gradient gets through.",
      ],
      [
        "Nor does it abolish exploding gradients.",
        "With weights × 4, an RNN’s gradient explodes, and a plain LSTM’s and a GRU’s still vanish slowly. With × 8 all of them explode, the gated cells later. An open forget gate holds the gradient up, and so it begins to grow earlier.",
      ],
      [
        "This is before training.",
        "The gates are learnt. An LSTM can learn to let the gradient through, which is what the race below shows.",
      ],
    ],
  },

  race: {
    title: "The adding problem: a race",
    shows:
      "Each step shows a number between −1 and 1 and a mark. Two marks are set, and after the last step the network tells the sum of the two marked numbers. All networks have 32 units and see the same sequences in the same order. They take turns, one update each, so it is a race in updates and not in seconds. The first chart shows the loss of the training as it goes on. The second one shows the error on sequences that no network trains on, every 50 updates. In both, 1 is what a network reaches that knows nothing. At an error of 0.05 the problem is solved, and the network is at the finish. After 600 updates the race is over.",
    steps: "Sequence length",
    seed: "Seed",
    marks: "Marks",
    marksOf: { halves: "one in each half", early: "both in the first half" },
    forgetBias: "Forget bias of the dashed LSTM",
    start: "Start the race",
    again: "Race again",
    pause: "Pause",
    resume: "Resume",
    reset: "Reset",
    losses: "The loss in training, mean of 10 updates",
    errors: "The error on other sequences, every 50 updates",
    x: "updates",
    describe: (values: string) => `So far: ${values}.`,
    notYet: "no network has begun",
    value: (cell: string, error: string, updates: number) => `${cell} ${error} after ${updates} updates`,
    table: "How far each network is",
    columns: { cell: "Cell", progress: "Updates", error: "Error", gradient: "Gradient at step 1" },
    waiting: "at the start",
    training: (updates: number) => `${updates}`,
    solved: (updates: number) => `solved after ${updates}`,
    unsolved: (updates: number) => `not solved in ${updates}`,
    told: (cell: string, what: string) => `${cell}: ${what}`,
    legend:
      "“Gradient at step 1” is what comes back to the input of step 1 on those sequences: before training → now. The runs with seeds 1 to 3 are those of “npm run claims”, number for number, where it has them.",
    look: "What to look for",
    notes: [
      [
        "The gated cells learn where the RNN fails.",
        "The longest sequences that at least two of three seeds solve: RNN (tanh) 5 steps; RNN (relu) 30; LSTM 60; LSTM, forget bias 1: 100; GRU 200.",
      ],
      [
        "The gradient tells why.",
        "A network that arrives has learnt to let the gradient through: it grew on the way, over long sequences by powers of ten. Where it stays near 0, nothing tells the network what to make of the first steps. A gradient is not enough, though: over 10 steps the tanh RNN’s grows too, and it does not arrive.",
      ],
      [
        "Again, only in part.",
        "Over 100 steps the plain LSTM arrives with one seed of three, and over 400 steps not even the GRU does. Many sequences are easy, with both marks near the end, and learning seems to begin with them. Put both marks in the first half: over 30 steps neither the GRU nor the LSTM finds the way any more, and forget bias 3 does.",
      ],
    ],
  },
};
