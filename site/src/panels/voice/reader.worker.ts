import { Listener } from "../../../../examples/vad/listener.js";
import { MAX_RATE } from "../../../../examples/vad/resample.js";
import { SAMPLE_RATE, SileroVAD } from "../../../../examples/vad/silero.js";
import { readWav } from "../../../../examples/vad/wav.js";
import { expose } from "../../worker.js";

/** What was heard since the part before. */
export interface Part {
  readonly probabilities: readonly number[];
  /** The work that it took. */
  readonly milliseconds: number;
  /** Seconds of the whole sound. */
  readonly length: number;
}

/** Takes a part, and tells whether to go on. */
export type Report = (part: Part) => boolean | Promise<boolean>;

/** A part takes at least so many milliseconds of work, and is at least so large a share of the sound: each is drawn. */
const PART = { milliseconds: 30, share: 0.005 };

/** Lets the model hear the sound of a file, as fast as it can. */
export class Reader {
  /**
   * @param file the bytes of a WAV file
   * @param model the bytes of the model
   * @returns the samples of the whole sound, at the model's rate
   * @throws Error that says what is wrong with the file
   */
  async read(file: ArrayBuffer, model: ArrayBuffer, report: Report): Promise<number> {
    const { rate, samples } = readWav(new Uint8Array(file));
    if (rate < SAMPLE_RATE || rate > MAX_RATE) {
      throw new Error(`has ${rate} samples a second; expected ${SAMPLE_RATE} to ${MAX_RATE}`);
    }
    if (samples.length === 0) throw new Error("has no sound, it is empty");
    const length = samples.length / rate;

    const vad = new SileroVAD(model);
    try {
      let probabilities: number[] = [];
      let reported = 0;
      const listener = new Listener(vad, rate, (probability) => probabilities.push(probability));
      let started = performance.now();
      const next = async (): Promise<boolean> => {
        const goesOn = await report({ probabilities, milliseconds: performance.now() - started, length });
        probabilities = [];
        started = performance.now();
        return goesOn;
      };
      const block = Math.round(rate / 10);
      for (let at = 0; at < samples.length; at += block) {
        const isPart = performance.now() - started > PART.milliseconds && at - reported > PART.share * samples.length;
        if (isPart) {
          reported = at;
          if (!(await next())) return listener.samples;
        }
        listener.hear(samples.subarray(at, at + block));
      }
      listener.end();
      await next();
      return listener.samples;
    } finally {
      vad.dispose();
    }
  }
}

expose(new Reader());
