/** Tells where somebody speaks in a sound: `npm run vad`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileSource, type Source, standardInput } from "../source.js";
import { Complaint, commandLine, print, run } from "../terminal.js";
import { curve } from "./curve.js";
import { Listener } from "./listener.js";
import { MAX_RATE } from "./resample.js";
import { Segmenter } from "./segments.js";
import { CHUNK, SAMPLE_RATE, SileroVAD } from "./silero.js";
import { readWav, type Sound } from "./wav.js";

const HELP = `Tells where somebody speaks in a WAV file.

  npm run vad                    hears a sample: two sentences, loud noise between them
  npm run vad -- file.wav        hears this file
  cat file.wav | npm run vad     hears standard input

  -p, --probabilities   also how probable speech is, every 32 ms: drawn, or with --json as numbers
  -j, --json            one JSON object a line: { start, end } in seconds, before them { time, probability } with -p
  -h, --help            this text

  --threshold P         speech begins at this probability (0.5), and ends 0.15 lower
  --min-speech MS       drops shorter speech (250)
  --min-silence MS      so long must a silence be to end a segment (100)
  --pad MS              what a segment gains at either end (30)

WAV files of PCM or float, of any number of channels, from 16,000 samples a second on. ffmpeg makes one of anything:
ffmpeg -i talk.mp3 -ar 16000 -ac 1 talk.wav`;

const file = (name: string): string => join(import.meta.dirname, "data", name);

async function main(): Promise<void> {
  const { values, positionals } = commandLine({
    allowPositionals: true,
    options: {
      probabilities: { type: "boolean", short: "p" },
      json: { type: "boolean", short: "j" },
      help: { type: "boolean", short: "h" },
      threshold: { type: "string", default: "0.5" },
      "min-speech": { type: "string", default: "250" },
      "min-silence": { type: "string", default: "100" },
      pad: { type: "string", default: "30" },
    },
  });
  if (values.help) return print(`${HELP}\n`);
  const segmenter = new Segmenter({
    threshold: number("threshold", values.threshold, 1),
    minSpeechDurationMs: number("min-speech", values["min-speech"]),
    minSilenceDurationMs: number("min-silence", values["min-silence"]),
    speechPadMs: number("pad", values.pad),
  });
  const sound = await readSound(chooseSource(positionals));

  const started = performance.now();
  const vad = new SileroVAD(readFileSync(file("silero_vad_16k_sequence.onnx")));
  const loading = `the model loaded in ${(performance.now() - started).toFixed(0)} ms`;
  const before = process.cpuUsage(); // not the clock, which other programs slow down
  const probabilities: number[] = [];
  const listener = new Listener(vad, sound.rate, (probability) => {
    probabilities.push(probability);
    segmenter.add(probability);
  });
  listener.hear(sound.samples);
  listener.end();
  const { user, system } = process.cpuUsage(before);
  vad.dispose();
  const segments = segmenter
    .segments(listener.samples)
    .map(({ start, end }) => ({ start: start / SAMPLE_RATE, end: end / SAMPLE_RATE }));

  if (values.json) {
    const points = probabilities.map((probability, i) => ({ time: (i * CHUNK) / SAMPLE_RATE, probability }));
    for (const line of [...(values.probabilities ? points : []), ...segments]) await print(`${JSON.stringify(line)}\n`);
  } else {
    if (values.probabilities) await print(`${curve(probabilities)}\n`);
    for (const { start, end } of segments) await print(`${start.toFixed(2)} s to ${end.toFixed(2)} s\n`);
  }
  const speech = segments.reduce((sum, { start, end }) => sum + end - start, 0);
  const length = sound.samples.length / sound.rate;
  const seconds = (user + system) / 1e6;
  const share = `${((100 * seconds) / length).toFixed(1)} % of real time on one core`;
  const all = `Speech in ${speech.toFixed(1)} s of ${length.toFixed(1)} s`;
  console.error(`${all}, heard in ${seconds.toFixed(2)} s of processor time: ${share}; ${loading}.`);
}

function chooseSource(paths: readonly string[]): Source {
  const [path, second] = paths;
  if (second !== undefined) throw new Complaint(`give one file, not ${paths.length}`, 2);
  if (path !== undefined) return fileSource(path);
  return (
    standardInput("vad: waiting for a WAV file on standard input (--help tells more)") ?? fileSource(file("sample.wav"))
  );
}

async function readSound({ name, bytes }: Source): Promise<Sound> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  const sound = read(name, Buffer.concat(chunks));
  if (sound.rate < SAMPLE_RATE || sound.rate > MAX_RATE) {
    throw new Complaint(`${name}: has ${sound.rate} samples a second; expected ${SAMPLE_RATE} to ${MAX_RATE}`);
  }
  if (sound.samples.length === 0) throw new Complaint(`${name}: there is nothing to hear, it is empty`);
  return sound;
}

function read(name: string, bytes: Uint8Array): Sound {
  try {
    return readWav(bytes);
  } catch (error) {
    throw new Complaint(`${name}: ${(error as Error).message}`);
  }
}

function number(option: string, text: string, most = Infinity): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value >= 0 && value <= most && value < Infinity) return value;
  throw new Complaint(`--${option} must be a number ${most === 1 ? "from 0 to 1" : "of milliseconds"}, got ${text}`, 2);
}

run("vad", main);
