/** Samples a second, everywhere in this example. */
import { mulberry32 } from "../mulberry32.js";

export const RATE = 48_000;

/** The lowest string of a guitar, in Hz. */
const LOW_E = 82.41;

/** One string struck once. */
export interface Pluck {
  /** In seconds from the beginning. */
  readonly at: number;
  /** In Hz. */
  readonly frequency: number;
  /** How hard, as the peak of the noise that sets it going. */
  readonly level: number;
  /** How long it rings, in seconds, until the hand lets it go. */
  readonly length: number;
}

/**
 * Plucked strings after Karplus and Strong: a burst of noise goes round in a delay as long as the string's period, through
 * a low-pass at each turn. The same for the same seed.
 */
export function playStrings(plucks: readonly Pluck[], seconds: number, seed: number): Float32Array<ArrayBuffer> {
  const random = mulberry32(seed);
  const sound = new Float32Array(Math.round(seconds * RATE));
  for (const pluck of plucks) addString(sound, pluck, random);
  return sound;
}

function addString(sound: Float32Array, { at, frequency, level, length }: Pluck, random: () => number): void {
  const begin = Math.round(at * RATE);
  const end = Math.min(begin + Math.round(length * RATE), sound.length);
  if (begin >= end) return;
  // The low-pass (1, 1) / 2 is half a sample late; interpolation between two places of the delay gives the rest.
  const period = RATE / frequency - 0.5;
  const delay = Math.floor(period);
  const rest = period - delay;
  const damping = 0.002 ** (1 / (3 * frequency)); // down to 0.2 % after three seconds, if the low-pass did nothing
  const [a, b, c] = [(damping * (1 - rest)) / 2, damping / 2, (damping * rest) / 2];

  const string = new Float32Array(end - begin + delay + 2);
  let burst = 0;
  for (let n = 0; n < delay + 2; n++) {
    burst += 0.5 * (level * (2 * random() - 1) - burst); // fingers are softer than noise
    string[n] = burst;
  }
  const release = RATE / 50;
  for (let n = begin; n < end; n++) {
    const now = n - begin + delay + 2;
    const turned = [string[now - delay], string[now - delay - 1], string[now - delay - 2]] as [number, number, number];
    string[now] = a * turned[0] + b * turned[1] + c * turned[2];
    (sound[n] as number) += (string[now] as number) * Math.min(1, (end - n) / release);
  }
}

/** Notes and chords at random, over the range of a guitar, from a touch to a blow: what the model learns from. */
export function improvise(seconds: number, seed: number): Float32Array<ArrayBuffer> {
  const random = mulberry32(seed ^ 0x5bd1e995);
  const plucks: Pluck[] = [];
  for (let at = 0.05; at < seconds; at += 0.1 + 0.6 * random()) {
    const root = LOW_E * 2 ** (Math.floor(random() * 32) / 12);
    const level = 0.05 + 0.7 * random() ** 2;
    const chord = [0, 7, 12, 16].slice(0, random() < 0.5 ? 1 : 2 + Math.floor(3 * random()));
    for (const [i, semitones] of chord.entries()) {
      const frequency = root * 2 ** (semitones / 12);
      plucks.push({ at: at + 0.012 * i, frequency, level, length: 0.3 + 1.5 * random() });
    }
  }
  return playStrings(plucks, seconds, seed);
}

/** When, in beats; which, in semitones above the low E; and whether with its fifth and octave. */
type Note = readonly [beat: number, semitones: number, chord: boolean];

/** Two bars. */
const RIFF: readonly Note[] = [
  ...([0, 1] as const).map((beat): Note => [beat, 0, true]),
  ...(
    [
      [1.5, 3],
      [2.5, 5],
      [3.5, 3],
      [4, 0],
    ] as const
  ).map(([beat, semitones]): Note => [beat, semitones, true]),
  ...[12, 15, 17, 15, 12, 10].map((semitones, i): Note => [5 + i / 2, semitones, false]),
];

/** The four bars that the page repeats: the riff, and again with its chords a fourth up. */
export function riff(): Float32Array<ArrayBuffer> {
  const again = RIFF.map(([beat, semitones, chord]): Note => [beat + 8, semitones + (chord ? 5 : 0), chord]);
  const notes = [...RIFF, ...again];
  const second = (beat: number): number => (beat * 60) / 112;
  const plucks = notes.flatMap(([beat, semitones, chord], i) =>
    (chord ? [0, 7, 12] : [0]).map((interval, string) => ({
      at: second(beat) + 0.008 * string,
      frequency: LOW_E * 2 ** ((semitones + interval) / 12),
      level: 0.45,
      length: 0.97 * second((notes[i + 1]?.[0] ?? 16) - beat),
    })),
  );
  return playStrings(plucks, second(16), 7);
}
