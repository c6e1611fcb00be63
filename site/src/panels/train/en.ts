import type { CsvProblem } from "./forecast/csv.js";
import type { Problem } from "./trainer.js";

const problem = (problem: Problem): string => {
  switch (problem.kind) {
    case "damaged":
      return `This file cannot be opened: ${problem.reason}.`;
    case "foreign":
      return "This file is not a model of this lesson. Open one that was downloaded here.";
    case "short":
      return `There is too little to learn from: ${problem.need} are needed, there are ${problem.got}.`;
    case "not positive":
      return "The series has a value that is not above zero, so it has no logarithm. Choose the plain scale.";
  }
};

const csvProblem = (file: string, problem: CsvProblem): string => {
  switch (problem.kind) {
    case "empty":
      return `${file} has no numbers.`;
    case "not a number":
      return `${file}, row ${problem.row}: expected a number in the last column, got “${problem.cell}”.`;
    case "columns":
      return `${file}, row ${problem.row}: expected ${problem.expected} columns, got ${problem.got}.`;
    case "quotes":
      return `${file}, row ${problem.row}: a quotation mark has no partner.`;
    case "long":
      return `${file} has ${problem.got} numbers; at most ${problem.most} can be used.`;
  }
};

export const en = {
  intro:
    "Three LSTMs to train here and now, in the background of this page. Each can be paused, saved as a file that PyTorch reads too, and opened again.",
  which: "Lessons",
  lessons: { gestures: "Gestures", text: "Text", forecast: "Forecast" },
  run: {
    title: "Training",
    train: "Train",
    pause: "Pause",
    resume: "Go on",
    stops: (steps: string) => `A run stops by itself after ${steps} steps; you can then go on for as many more.`,
    reset: "Reset",
    download: "Download",
    open: "Open a model …",
    step: "Step",
    loss: "Loss",
    lossTitle: "Loss in training (lower is better)",
    noLoss: "No training yet.",
    lossFrom: (first: string, last: string, step: number) => `From ${first} to ${last} at step ${step}.`,
    numbers: { step: "Steps", samples: "Samples seen", rate: "Steps a second", loss: "Loss" },
    trains: "The training has begun",
    pausedAt: (step: number) => `The training stopped at step ${step}`,
    wasReset: "The model has its first weights again",
    opened: (step: number) => `The model was opened; it has learnt for ${step} steps`,
    failed: (reason: string) => `The training ended: ${reason}`,
    problem,
  },
  gestures: {
    intro:
      "An LSTM with 2 inputs and 64 units reads the direction of your pen, step by step, and tells which of three gestures it sees. Draw a few strokes of each, or take samples, and train it for a few seconds.",
    teach: "Show it what to learn",
    samples: "Use sample strokes",
    samplesThere: "Each class has six sample strokes more",
    shapes: { circle: "Circle", zigzag: "Zigzag", tick: "Tick" } as Record<"circle" | "zigzag" | "tick", string>,
    needTwo: "Draw strokes of at least two classes, each in its square, or use sample strokes.",
    name: (number: number) => `Class ${number}`,
    padOf: (number: number) => `Square to draw strokes of class ${number}`,
    strokes: (count: number) => (count === 1 ? "1 stroke" : `${count} strokes`),
    clear: "Clear",
    learnt: (right: number, of: number) => `It takes ${right} of your ${of} strokes for what they are.`,
    try: "Try it",
    tryPad: "Square to draw a stroke that the model classifies",
    trainFirst: "Train it first.",
    drawHere: "Draw: it says what it sees while you draw.",
    letDraw: "Or let a stroke be drawn that it has not seen:",
    tooShort: "The stroke is too short",
    taken: (name: string, percent: string) => `${name}, ${percent} percent`,
  },
  text: {
    intro:
      "An LSTM with 128 units reads a text character by character and learns to predict the next one. What it writes shows how far it is: letters first, then words, then lines.",
    text: "Text",
    source: "Learn from",
    sources: { poems: "English poems", tang: "Tang quatrains (Chinese)", own: "My own text" },
    about: {
      poems: "Shakespeare, Herrick, Blake, Wordsworth, Shelley and Christina Rossetti, all in the public domain.",
      tang: "The 80 quatrains of Three Hundred Tang Poems, in the public domain.",
      own: "Paste or type it into the box. It stays on this machine.",
    },
    counts: (length: number, different: number) =>
      `${length.toLocaleString("en")} characters, ${different.toLocaleString("en")} different ones.`,
    /** What stands between two sentences. */
    space: " ",
    written: "What it writes",
    nothingYet: "Nothing yet.",
    write: "Write something else",
    temperature: "Boldness (temperature)",
  },
  forecast: {
    intro:
      "An LSTM with 32 units sees a window of a series and forecasts what comes next. It learns from the first four fifths; on the rest, which it never learns from, its forecasts are compared with what came.",
    seriesTitle: "The series",
    series: "Series",
    names: { airline: "Airline passengers", sunspots: "Sunspots", own: "My own file" },
    about: {
      airline:
        "Thousands of international airline passengers in each month, 1949 to 1960 (Box and Jenkins, 1970). Figures without a copyright.",
      sunspots:
        "Sunspots in each year, 1700 to 2008, from the US National Geophysical Data Center. In the public domain.",
    },
    aboutFile: (file: string, length: number) => `${file}: ${length} values, from its last column.`,
    openCsv: "Open a CSV file …",
    csvProblem,
    window: "Window",
    horizon: "Horizon",
    season: "Season",
    values: (count: number) => (count === 1 ? "1 value" : `${count} values`),
    terms:
      "The window is how many values it reads, the horizon how many it forecasts, and a season how many pass until the pattern comes again. A logarithm suits what grows by percentages.",
    scale: "Scale",
    scales: { plain: "plain", logarithm: "logarithm" },
    /** What stands between two sentences. */
    space: " ",
    forecastTitle: "The forecast",
    chart: "Series and forecasts",
    x: "Time",
    curves: { series: "Series", backTest: "Back-test", next: "Forecast" },
    described: (length: number, next: readonly string[]) =>
      next.length === 0 ? `${length} values.` : `${length} values. The forecast of the next ones: ${next.join(", ")}.`,
    errorsTitle: "Mean absolute error in the back-test, in the unit of the series",
    errors: {
      model: "The model",
      last: "Naive: the last value again",
      season: "Naive: the last season again",
    },
    noErrors: "Train it to see how well it forecasts.",
    verdict: (share: number) =>
      share < 1
        ? `The model's error is ${(100 * share).toFixed(0)} % of the better naive forecast's.`
        : `The better naive forecast is as good or better: the model's error is ${share.toFixed(2)} times as large.`,
    best: (error: string, step: number) =>
      `Its smallest error so far was ${error}, at step ${step}; where it grows again, the model learns the training part by heart.`,
  },
};
