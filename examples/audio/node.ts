/** The page's side of the worklet. */

export interface ProcessorOptions {
  /** The bytes of the model's safetensors file, or the text of one in JSON: a worklet cannot decode text. */
  readonly model: Uint8Array | string;
  /** Where the worklet counts its time, see `Meter`; without it, it does not look at the clock. */
  readonly meter?: SharedArrayBuffer | undefined;
}

/** An amplifier to connect between a guitar and a loudspeaker. Its parameter `wet` is 1, or 0 for the guitar alone. */
export async function amplifierNode(context: BaseAudioContext, meter?: Meter): Promise<AudioWorkletNode> {
  const [model] = await Promise.all([fetchModel(), context.audioWorklet.addModule("worklet.js")]);
  const processorOptions: ProcessorOptions = { model, meter: meter?.memory };
  const node = new AudioWorkletNode(context, "amplifier", {
    channelCount: 1,
    channelCountMode: "explicit",
    outputChannelCount: [1],
    processorOptions,
  });
  // What throws in there is not told anywhere else.
  node.addEventListener("processorerror", () => console.error("the amplifier's worklet failed"));
  return node;
}

async function fetchModel(): Promise<Uint8Array | string> {
  const response = await fetch("model");
  if (!response.ok) throw new Error(`the model could not be loaded: HTTP status ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return bytes[0] === "{".charCodeAt(0) ? new TextDecoder().decode(bytes) : bytes;
}

/**
 * What share of real time the worklet needs, on its own clock. Worklets have no clock but Date.now, in whole
 * milliseconds, where a block takes a fraction of one. But a block may begin anywhere in a millisecond, so that the
 * differences are right on average, and their sum over some hundred blocks is good to about a per cent of the budget.
 * The memory is shared: a message from the audio thread would be garbage there.
 */
export class Meter {
  readonly memory = new SharedArrayBuffer(8);
  readonly #counts = new Int32Array(this.memory);
  #milliseconds = 0;
  #blocks = 0;

  /** The share since the last call, 1 being all there is; undefined if nothing was played. */
  read(sampleRate: number): number | undefined {
    const [milliseconds, blocks] = this.#counts as unknown as [number, number];
    const budget = ((blocks - this.#blocks) * 128 * 1000) / sampleRate;
    const share = (milliseconds - this.#milliseconds) / budget;
    this.#milliseconds = milliseconds;
    this.#blocks = blocks;
    return budget > 0 ? share : undefined;
  }
}
