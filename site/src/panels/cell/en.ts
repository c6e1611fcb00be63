import type { RunName } from "./story.js";

const runs: Record<RunName, string> = {
  forward: "Forward",
  reverse: "Reverse",
  rnn: "RNN",
  gru: "GRU",
  lstm: "LSTM",
};

export const en = {
  intro: {
    pinyin:
      "An LSTM reads a sequence step by step and keeps a memory, the cell state. At each step its gates, numbers from 0 to 1, decide what it forgets, what it takes in and what it lets out. This one, with 32 units in each direction, reads a Chinese text and chooses how each character is pronounced. Follow it character by character: all numbers are those of the published model g2pM.",
    digits:
      "An RNN, a GRU and an LSTM with 4 units each were trained on one task: after each character, say the last digit so far. A character is two numbers: a digit d is d / 10 and 1, a letter is a number of its own, which is to be ignored, and 0. See what each cell does with a digit, and how it holds the digit while letters pass by.",
  },
  lookFor:
    "Follow unit 0. Where a digit comes, z of the GRU and f of the LSTM fall close to 0: the old content goes. At letters they are close to 1: it stays. The LSTM's unit 1 opens its input gate for digits only. The RNN has no gates: all that it holds goes through the tanh at every step, and each letter stirs it. On 200 new texts of 100 characters, every tenth of them a digit, the RNN is off by 0.645 on average, the GRU and the LSTM by 0.075.",
  model: "Model",
  models: { pinyin: "Pinyin: LSTM in both directions", digits: "Last digit: RNN, GRU, LSTM" },
  text: "Text",
  noText: "Type some characters: there is nothing to read yet.",
  failed: (reason: string) => `The model could not read this: ${reason}`,
  shown: "Show",
  all: { pinyin: "Both directions", digits: "All three" },
  runs,
  unit: "Unit",
  step: "Step",
  speed: "Speed",
  stagesPerSecond: (stages: number) => `${stages} stages/s`,
  play: "▶ Play",
  pause: "❚❚ Pause",
  back: "← Back",
  on: "Next →",
  stageBack: "‹ Stage",
  stageOn: "Stage ›",
  keys: "Keys: ← and → go by a character, with Shift by a stage; space plays and pauses. Click a column to follow its unit.",
  at: (t: number, length: number, characters: string) => `${t} of ${length}: ${characters}`,
  reads: (run: string, symbol: string) => `${run} reads ${symbol}`,
  and: ", ",
  begin: "start",
  end: "end",
  unknown: "The model does not know this character: it reads one mark for all of these.",
  stages: {
    input: "Input",
    forget: "Forget gate",
    inputGate: "Input gate",
    candidate: "Candidate",
    cellState: "Cell state",
    outputGate: "Output gate",
    hidden: "Hidden state",
    reset: "Reset gate",
    update: "Update gate",
    resetState: "What the reset gate lets through",
  },
  picture: (run: string, symbol: string, t: number, unit: number) =>
    `${run}, step ${t}: the cell reads ${symbol}. Heat maps of all gates and states, unit ${unit} marked. Its numbers follow as text.`,
  colours: (x: string, c: string) => `Full colour is ±1, in x(t) ±${x}, in the cell state ±${c}.`,
  negative: "negative",
  positive: "positive. ",
  inFull: (unit: number) => `Unit ${unit} in full`,
  rounding:
    "Gates and states are what trace() returns. The arguments of σ and tanh are computed from the weights in float64, because the inverse of a gate close to 0 or 1 would be too coarse.",
  allNumbers: "All numbers of this step",
  outcome: {
    pinyin: "Concatenation: [h(t) forward, h(t) reverse], and what the model concludes",
    digits: "Hidden states, and what each cell answers",
  },
  outcomeText: {
    pinyin:
      "Each half knows one side of the text only. A reading appears when both directions have been at the character; dense layers choose it from these 64 values where the dictionary has several.",
    digits: "A linear layer reads the answer off the hidden state. An answer that rounds to another digit is red.",
  },
  character: "Character",
  halves: { forward: "h(t), forward", reverse: "h(t), reverse" },
  pinyin: "Pinyin",
  probability: "Probability",
  onlyReading: "only reading",
  lastDigit: "Last digit",
  answer: "Answer",
};
