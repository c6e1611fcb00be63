/** A sound of one channel: samples from -1 to 1. */
export interface Sound {
  /** Samples a second. */
  readonly rate: number;
  readonly samples: Float32Array;
}

const PCM = 1;
const FLOAT = 3;
/** The format that names its format further on. */
const EXTENSIBLE = 0xfffe;
const COMPRESSED: Record<number, string> = { 2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "ADPCM", 80: "MPEG", 85: "MP3" };
/** Programs that write into a pipe do not know the length, and give one that no file has. */
const UNKNOWN_LENGTH = 0x7f00_0000;

/**
 * Reads a WAV file: PCM of 8, 16, 24 or 32 bits, or float of 32 or 64 bits. Several channels become their mean.
 *
 * @throws Error that says what the bytes are not
 */
export function readWav(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const id = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || id(0) !== "RIFF" || id(8) !== "WAVE") throw new Error("is not a WAV file");
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (id(at) === "data") {
      if (format === undefined) throw new Error("is not a WAV file: its format does not come before its sound");
      const there = bytes.length - start;
      if (size > there && size < UNKNOWN_LENGTH) {
        throw new Error(`is cut short: it should have ${size} bytes of sound, and has ${there}`);
      }
      return { rate: format.rate, samples: mean(view, start, Math.min(size, there), format) };
    }
    if (id(at) === "fmt ") format = readFormat(view, start, size);
    at = start + size + (size % 2);
  }
  throw new Error("is not a WAV file: it has no sound");
}

interface Format {
  readonly rate: number;
  readonly channels: number;
  /** Bytes of one sample of one channel. */
  readonly width: number;
  /** The sample at a byte, from -1 to 1. */
  readonly sample: (view: DataView, at: number) => number;
}

const SAMPLES: Record<string, Format["sample"]> = {
  [`${PCM} 8`]: (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  [`${PCM} 16`]: (view, at) => view.getInt16(at, true) / 2 ** 15,
  [`${PCM} 24`]: (view, at) => (view.getInt8(at + 2) * 2 ** 16 + view.getUint16(at, true)) / 2 ** 23,
  [`${PCM} 32`]: (view, at) => view.getInt32(at, true) / 2 ** 31,
  [`${FLOAT} 32`]: (view, at) => view.getFloat32(at, true),
  [`${FLOAT} 64`]: (view, at) => view.getFloat64(at, true),
};

function readFormat(view: DataView, at: number, size: number): Format {
  if (size < 16 || at + size > view.byteLength) throw new Error("is not a WAV file: its format is cut short");
  const tag = view.getUint16(at, true);
  const code = tag === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : tag;
  const channels = view.getUint16(at + 2, true);
  const rate = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  const sample = SAMPLES[`${code} ${bits}`];
  if (sample === undefined) {
    const kind = COMPRESSED[code] ?? (code === PCM ? "PCM" : code === FLOAT ? "float" : `the format ${code}`);
    throw new Error(`holds ${kind} of ${bits} bits; expected PCM of 8, 16, 24 or 32 bits, or float of 32 or 64`);
  }
  if (channels === 0 || rate === 0) throw new Error(`is not a WAV file: it has ${channels} channels at ${rate} Hz`);
  return { rate, channels, width: bits / 8, sample };
}

/** The mean of the channels. */
function mean(view: DataView, start: number, size: number, { channels, width, sample }: Format): Float32Array {
  const samples = new Float32Array(Math.floor(size / (channels * width)));
  for (let n = 0, at = start; n < samples.length; n++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += width) sum += sample(view, at);
    if (!Number.isFinite(sum)) throw new Error(`has ${sum} as a sample, at ${n}`);
    samples[n] = sum / channels;
  }
  return samples;
}
