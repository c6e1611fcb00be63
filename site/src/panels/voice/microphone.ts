import { SAMPLE_RATE } from "../../../../examples/vad/silero.js";
import type { Heard, ProcessorOptions } from "../../../../examples/vad/worklet.js";
import workletUrl from "../../../../examples/vad/worklet.ts?worker&url";

/** Why the microphone cannot be heard: what the visitor can do something about, or `broken`. */
export type MicrophoneTrouble = "refused" | "missing" | "taken" | "insecure" | "stalled" | "unplugged" | "broken";

export class MicrophoneError extends Error {
  readonly trouble: MicrophoneTrouble;

  constructor(trouble: MicrophoneTrouble, cause?: unknown) {
    super(cause instanceof Error ? cause.message : trouble, { cause });
    this.trouble = trouble;
  }
}

export interface MicrophoneOptions {
  /** The bytes of the model. */
  readonly model: Promise<ArrayBuffer>;
  /** Called every 32 ms. */
  readonly heard: (message: Heard) => void;
  /** Called when a microphone that was heard is heard no more. */
  readonly lost: (error: MicrophoneError) => void;
  /** Aborted when the microphone is to be closed. Whoever calls aborts it after an error, too. */
  readonly signal: AbortSignal;
}

/**
 * The model should hear what the microphone hears: it is to tell noise from speech itself. Only the loudness is the browser's
 * to set, since many microphones are very quiet without.
 */
const SOUND = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true };

/** Milliseconds within which the audio thread must have heard something. Without a loudspeaker, Firefox never starts it. */
const PATIENCE = 5000;

/** What `getUserMedia` throws. */
const TROUBLES: Readonly<Record<string, MicrophoneTrouble>> = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  NotReadableError: "taken",
  AbortError: "taken",
};

/**
 * Opens the microphone, for which the browser asks the visitor, and lets the model hear it on the audio thread. Resolves when it
 * does. To be called while a click is handled: some browsers let a page make an AudioContext only then.
 *
 * @throws MicrophoneError, or the signal's reason
 */
export async function openMicrophone({ model, heard, lost, signal }: MicrophoneOptions): Promise<void> {
  // Browsers lend microphones and audio threads only to pages from https and localhost.
  if (!isSecureContext) throw new MicrophoneError("insecure");
  const newContext = (options?: AudioContextOptions): AudioContext => {
    const context = new AudioContext(options);
    onAbort(signal, () => void context.close());
    return context;
  };
  let context = newContext({ sampleRate: SAMPLE_RATE });

  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: SOUND });
  } catch (error) {
    throw new MicrophoneError(TROUBLES[(error as DOMException).name] ?? "broken", error);
  }
  onAbort(signal, () => {
    for (const track of stream.getTracks()) track.stop();
  });
  signal.throwIfAborted(); // the visitor may have gone on before the answer
  for (const track of stream.getTracks()) {
    track.addEventListener("ended", () => lost(new MicrophoneError("unplugged")), { signal });
  }

  try {
    let source: MediaStreamAudioSourceNode;
    try {
      source = context.createMediaStreamSource(stream);
    } catch (error) {
      if ((error as DOMException).name !== "NotSupportedError") throw error;
      // Firefox connects a microphone only to a context of its own rate. Then the worklet resamples.
      context = newContext();
      source = context.createMediaStreamSource(stream);
    }
    await context.audioWorklet.addModule(workletUrl);
    const processorOptions: ProcessorOptions = { model: await model, rate: context.sampleRate };
    signal.throwIfAborted();
    // Several channels of a microphone become their mean.
    const node = new AudioWorkletNode(context, "voice", {
      channelCount: 1,
      channelCountMode: "explicit",
      processorOptions,
    });
    node.addEventListener("processorerror", () => lost(new MicrophoneError("broken")), { signal });
    source.connect(node).connect(context.destination); // to which the worklet sends silence: else nothing would run
    void context.resume();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new MicrophoneError("stalled")), PATIENCE);
      onAbort(signal, () => clearTimeout(timer));
      node.port.onmessage = ({ data }: MessageEvent<Heard>) => {
        clearTimeout(timer);
        resolve();
        heard(data);
      };
    });
  } catch (error) {
    throw error instanceof MicrophoneError ? error : new MicrophoneError("broken", error);
  }
}

/** Also if the signal was aborted before. */
function onAbort(signal: AbortSignal, close: () => void): void {
  if (signal.aborted) close();
  else signal.addEventListener("abort", close, { once: true });
}
