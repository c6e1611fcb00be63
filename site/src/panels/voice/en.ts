import type { MicrophoneTrouble } from "./microphone.js";

const troubles: Record<MicrophoneTrouble, string> = {
  refused:
    "The browser did not give the microphone to this page. Allow it in the site’s settings, beside the address, and listen again.",
  missing: "The browser finds no microphone. Connect one and listen again, or try the sample.",
  taken: "The microphone could not be opened. Perhaps another program uses it: close that, and listen again.",
  insecure: "Browsers lend the microphone only to pages that come by https or from localhost. Files work here, too.",
  stalled:
    "The microphone is open, but the browser’s audio does not start. Some browsers need a loudspeaker or headphones for it: connect one, reload the page and listen again.",
  unplugged: "The microphone was disconnected. Connect it and listen again.",
  broken: "The microphone could not be heard.",
};

export const en = {
  intro:
    "Much of what a microphone hears is not speech. silero-vad is a published model that tells, every 32 milliseconds, how probable it is that somebody is speaking. Here its weights run on lstm-wasm: speak, cough, clap, play music, and see what it makes of it.",
  privacy:
    "What you say stays on this machine. The model hears it in this page; no sound is sent, and the microphone’s is not kept either.",
  listen: "Listen to the microphone",
  stop: "Stop",
  sample: "Try the sample",
  open: "Open a WAV file",
  threshold: "Threshold for speech",
  idle: "Listen to your microphone, or try the sample: two sentences, and between them noise that is louder than the voice.",
  asking: "Opening the microphone. If the browser asks, please allow it.",
  listening: "Listening. Say something.",
  reading: (file: string) => `Hearing ${file} …`,
  heardFile: (file: string) => `Heard ${file}. Play it, and follow the line on the curve.`,
  heardMicrophone: "The microphone is closed.",
  microphoneFailed: (trouble: MicrophoneTrouble, reason: string) =>
    trouble === "broken" ? `${troubles.broken} (${reason})` : troubles[trouble],
  fileFailed: (file: string, reason: string) =>
    `${file} cannot be heard: it ${reason}. Expected is a WAV file of at least 16,000 samples a second.`,
  chart: "Probability of speech (shaded: somebody speaks)",
  x: "seconds",
  probability: "probability",
  thresholdCurve: "threshold",
  now: "Now",
  speech: "Speech",
  noSpeech: "No speech",
  nothing: "–",
  heard: "Heard",
  seconds: (seconds: string) => `${seconds} s`,
  spoken: "Of that, speech",
  share: "Computing time",
  percent: (percent: string) => `${percent} %`,
  shareNote: "of the time that the sound lasts, on one core",
  segments: "Where somebody speaks",
  segment: (start: string, end: string) => `${start} s to ${end} s`,
  play: (segment: string) => `Play ${segment}`,
  earlier: (count: number) => `and ${count} before`,
  none: "Nowhere so far.",
  player: (file: string) => `Sound of ${file}`,
  download: "Download the probabilities (CSV)",
  describe: (seconds: string, segments: string) => `${seconds} s were heard. Speech: ${segments}`,
  how: "How it works",
  steps: [
    ["512 samples", "32 ms of sound at 16,000 samples a second. Any other rate is resampled first."],
    ["STFT", "How loud each of 129 frequencies is, in four windows. It is a convolution with sines and cosines."],
    ["4 × Conv1d, ReLU", "Make 128 features of the frequencies, in plain TypeScript."],
    ["LSTM(128, 128)", "Remembers the chunks before, as a stream of lstm-wasm: one step every 32 ms."],
    ["Linear, sigmoid", "Make one probability of its 128 outputs."],
  ],
  thread:
    "For the microphone all of this runs in an AudioWorklet, on the browser’s audio thread; for a file in a worker. Speech begins at the threshold and ends 0.15 below it, if the silence lasts 100 ms.",
  source:
    "The model is silero-vad 6.2.3 by the Silero Team (MIT licence). Its answers differ from those of the Python package by less than a hundred thousandth. The voice of the sample is from LibriVox, in the public domain.",
};
