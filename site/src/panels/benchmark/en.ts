import type { Case } from "../../../../bench/cases.js";
import type { Library, Name } from "./cases.js";
import type { Place } from "./place.js";

const NAMES: Readonly<Record<Name, string>> = {
  "lstm-wasm": "lstm-wasm",
  "plain JS": "Plain JavaScript",
  "onnxruntime-web": "onnxruntime-web",
  "tfjs wasm": "TensorFlow.js (wasm)",
  "tfjs cpu": "TensorFlow.js (cpu)",
};
const LIBRARIES: Readonly<Record<Library, string>> = { "onnxruntime-web": "onnxruntime-web", tfjs: "TensorFlow.js" };

export const en = {
  intro:
    "How fast is lstm-wasm in your browser? Here it races an LSTM in plain JavaScript on the same numbers and, if you ask for them, onnxruntime-web and TensorFlow.js. First the outputs are compared: a contestant that computes something else is not timed.",
  cell: "Network",
  size: "Size (inputs, units)",
  sizeOf: (size: string) => `(${size})`,
  library: (library: Library) => LIBRARIES[library],
  add: (library: string, megabytes: number) => `Add ${library} (${megabytes} MB)`,
  adding: (library: string) => `${library} is loading …`,
  added: (library: string) => `${library} takes part`,
  addHint: "Each is loaded from this site, and only when you press its button.",
  run: "Measure",
  cancel: "Cancel",
  running: (done: number, of: number, kind: string) => `${done + 1} of ${of}: ${kind} …`,
  cancelled: "Cancelled.",
  finished: "Measured.",
  notLoaded: (library: string, reason: string) => `${library} could not be loaded: ${reason}`,
  failed: (reason: string) => `It could not be measured: ${reason}`,
  aloneHint: "There is no plain JavaScript for this network: we tuned the LSTM only. Add a library to compare with.",

  kind: {
    step: "One step of a stream",
    forward: "A sequence of 100 steps",
    train: "Training: 32 sequences of 50 steps, forward and backward",
  } satisfies Record<Case["kind"], string>,
  network: (cell: string, size: string) => `${cell} (${size})`,
  place: ({ browser, release, system, processors }: Place) =>
    `${browser === "other" ? "an unknown browser" : `${browser} ${release || ""}`.trim()} on ${system === "other" ? "an unknown system" : system}, ${processors} logical ${processors === 1 ? "processor" : "processors"}`,
  clock: (step: string) => `the clock’s steps: ${step}`,
  release: (name: string, version: string) => `${name} ${version}`,
  coarse: (part: string) => `This browser’s clock is so coarse that each time may be off by ${part}.`,
  comma: ", ",
  /** What stands between two sentences. */
  space: " ",
  name: (name: Name) => NAMES[name],

  own: "Measured in this browser",
  elsewhere: "A result from elsewhere",
  elsewhereHint:
    "This result came with the address. It was not measured in this browser, and the page cannot tell whether it is true.",
  dismiss: "Close it",
  invalid:
    "The address carries something that is no result of this benchmark: it may be cut short or changed. Nothing of it is shown.",
  ratio: (name: string, least: string, largest: string) =>
    least === largest ? `${name} takes ${least} times as long.` : `${name} takes ${least} to ${largest} times as long.`,
  columns: { name: "", time: "A run takes", ratio: "× ours", share: "Of the peak" },
  median: (time: string) => `median ${time}`,
  speed: (gflops: string) => `${gflops} GFLOP/s`,
  reference: "the reference",
  difference: (difference: string) => `outputs differ by ${difference}`,
  untimed: "not timed",
  differs: (difference: string) => `Its outputs differ by ${difference}.`,
  crashed: (reason: string | undefined) => (reason === undefined ? "It failed." : `It failed: ${reason}`),
  peak: (gflops: string) => `the peak: ${gflops} GFLOP/s`,
  table: (kind: string) => `${kind}: times, ratios, shares of the peak`,
  copyText: "Copy as text",
  copyLink: "Copy the link",
  link: "This result as a link",
  copied: "Copied.",
  notCopied: "The browser does not let this page copy. Here it is, to be copied by hand:",
  text: {
    head: (version: string, date: string) => `lstm-wasm ${version}, ${date}`,
    columns: ["fastest", "median", "ratio", "GFLOP/s", "of the peak", "outputs differ by"],
    how: "One thread, in a browser’s worker; the contestants took turns, and the ratios are those of the fastest rounds.",
  },

  method: "How it is measured",
  methods: (steps: string) => [
    [
      "The same numbers.",
      "Everyone gets the same weights, drawn as PyTorch draws them, and the same input. Before anything is timed, every output is compared with ours, and in training every gradient. The table tells the worst difference as a part of the largest value. Above 1e-4 a contestant is not timed.",
    ],
    [
      "In turn.",
      "All run on one thread, in a worker. Each is warmed up for a quarter of a second. Then they take turns in slices of 12 ms, in another order each round, 31 rounds. A run of 100 ms or more gets fewer rounds. The time includes handing over the input and getting the output.",
    ],
    [
      "Fastest and median.",
      "The fastest round shows what a contestant can do; the ratios compare these. The median shows what it did while the machine had other work too. Where the two are far apart, the machine was busy: measure again.",
    ],
    [
      "The browser’s clock is coarse.",
      `Browsers blur it so that pages cannot spy on each other. ${steps}So short runs are timed many at a time, and the slices are at least 50 steps of the clock long, up to 100 ms.`,
    ],
    [
      "The peak",
      "is the best of four hand-written WebAssembly loops that do nothing but multiply and add with 128-bit lanes, on numbers in the first cache. They take their turn beside ours in each case. GFLOP/s count the multiplications and additions of the gates’ products; training counts as three times those.",
    ],
    [
      "Plain JavaScript",
      "is an LSTM in typed arrays, tuned as well as we could. The GRU of PyTorch is not one of TensorFlow.js’s layers; there we wrote it from its operations, which is faster than its own.",
    ],
  ],
  steps: (step: string) => `Here its steps are ${step}. `,
  limits: "What it does not show",
  limitsOf: [
    "GPUs. onnxruntime-web and TensorFlow.js can use one, by WebGPU or WebGL. For wide networks and large batches that may be much faster.",
    "Several threads, which both of them have too, on sites that allow it.",
    "How long it takes to load a library and to start. Their sizes stand on the buttons.",
    "Training with onnxruntime-web, which does not train, and long runs of TensorFlow.js’s cpu backend, for which nobody would wait.",
    "Another machine, or this one on another day. Leave this tab in front while it runs: browsers slow down tabs that nobody sees.",
  ],
};
