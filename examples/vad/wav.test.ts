import { describe, expect, it } from "vitest";
import { readWav } from "./wav.js";

/** A WAV file of these samples, written sample by sample. */
function wav(code: number, bits: number, channels: number, samples: readonly number[], rate = 16_000): Buffer {
  const format = Buffer.alloc(24);
  format.write("fmt ");
  format.writeUInt32LE(16, 4);
  format.writeUInt16LE(code, 8);
  format.writeUInt16LE(channels, 10);
  format.writeUInt32LE(rate, 12);
  format.writeUInt16LE(bits, 22);
  return riff(format, chunk("data", Buffer.concat(samples.map((value) => encoded(value, code, bits)))));
}

function encoded(value: number, code: number, bits: number): Buffer {
  const bytes = Buffer.alloc(bits / 8);
  if (code === 3) bits === 32 ? bytes.writeFloatLE(value) : bytes.writeDoubleLE(value);
  else if (bits === 8) bytes.writeUInt8(value * 128 + 128);
  else bytes.writeIntLE(value * 2 ** (bits - 1), 0, bits / 8);
  return bytes;
}

const chunk = (id: string, bytes: Buffer): Buffer => {
  const head = Buffer.from(`${id}\0\0\0\0`);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)]);
};
const riff = (...chunks: Buffer[]): Buffer => {
  const body = Buffer.concat([Buffer.from("WAVE"), ...chunks]);
  return chunk("RIFF", body);
};

const SAMPLES = [0, 0.5, -0.25, -1, 0.75];

describe("readWav", () => {
  it.each([
    [1, 8],
    [1, 16],
    [1, 24],
    [1, 32],
    [3, 32],
    [3, 64],
  ])("reads samples of format %i, %i bits", (code, bits) => {
    const { rate, samples } = readWav(wav(code, bits, 1, SAMPLES, 44_100));
    expect(rate).toBe(44_100);
    expect([...samples]).toEqual(SAMPLES);
  });

  it("takes the mean of several channels, and leaves out half a frame at the end", () => {
    expect([...readWav(wav(1, 16, 2, [0.5, -0.25, 0, 1 / 2, 0.25])).samples]).toEqual([0.125, 0.25]);
  });

  it("looks through other chunks, and at the format within an extensible one", () => {
    const format = Buffer.alloc(40);
    format.writeUInt16LE(0xfffe, 0);
    format.writeUInt16LE(1, 2);
    format.writeUInt32LE(8000, 4);
    format.writeUInt16LE(32, 14);
    format.writeUInt16LE(3, 24);
    const sound = chunk("data", encoded(0.5, 3, 32));
    const bytes = riff(chunk("LIST", Buffer.from("odd")), chunk("fmt ", format), chunk("fact", Buffer.alloc(4)), sound);
    expect(readWav(bytes)).toEqual({ rate: 8000, samples: Float32Array.of(0.5) });
  });

  it("reads what a program wrote into a pipe, which did not know the length", () => {
    const bytes = wav(1, 16, 1, SAMPLES);
    for (const length of [0xffff_ffff, 0x7fff_fff0]) {
      bytes.writeUInt32LE(length, bytes.indexOf("data") + 4);
      expect([...readWav(bytes).samples]).toEqual(SAMPLES);
    }
  });

  it("refuses every beginning of a file, and no other bytes trouble it", () => {
    const bytes = wav(1, 16, 1, SAMPLES);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readWav(bytes.subarray(0, length)), `${length}`).toThrow(/^is (not a WAV file|cut short)/);
    }
    expect(() => readWav(bytes.subarray(0, -2))).toThrow("is cut short: it should have 10 bytes of sound, and has 8");
  });

  it.each([
    [wav(85, 16, 1, []), "holds MP3 of 16 bits; expected PCM of 8, 16, 24 or 32 bits, or float of 32 or 64"],
    [wav(1, 48, 1, []), "holds PCM of 48 bits; expected PCM of 8, 16, 24 or 32 bits, or float of 32 or 64"],
    [wav(9, 16, 1, []), "holds the format 9 of 16 bits; expected PCM of 8, 16, 24 or 32 bits, or float of 32 or 64"],
    [wav(1, 16, 0, []), "is not a WAV file: it has 0 channels at 16000 Hz"],
    [wav(1, 16, 1, [], 0), "is not a WAV file: it has 1 channels at 0 Hz"],
    [wav(3, 32, 1, [0, NaN]), "has NaN as a sample, at 1"],
    [riff(chunk("data", Buffer.alloc(2))), "is not a WAV file: its format does not come before its sound"],
    [Buffer.from("ID3 and so on, an MP3 file"), "is not a WAV file"],
  ])("says what is wrong with a file, case %#", (bytes, message) => {
    expect(() => readWav(bytes)).toThrow(new Error(message));
  });
});
