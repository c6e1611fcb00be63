import { amplifierNode, Meter } from "./node.js";
import { RATE } from "./strings.js";

/** What the test compares and `--measure` measures, for them to call in the page. */
export interface Offline {
  /** Sends samples through the worklet as fast as it goes. They travel as their bits: JSON knows no -0. */
  renderBits(samples: readonly number[], measured: boolean): Promise<{ bits: number[]; share: number | undefined }>;
}

const offline: Offline = {
  async renderBits(bits, measured) {
    const { output, share } = await render(new Float32Array(Uint32Array.from(bits).buffer), measured);
    return { bits: [...new Uint32Array(output.buffer, output.byteOffset, output.length)], share };
  },
};
Object.assign(globalThis, offline);

async function render(samples: Float32Array<ArrayBuffer>, measured: boolean) {
  const context = new OfflineAudioContext(1, samples.length, RATE);
  const meter = measured ? new Meter() : undefined;
  const node = await amplifierNode(context, meter);
  const buffer = new AudioBuffer({ length: samples.length, sampleRate: RATE });
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(node).connect(context.destination);
  source.start();
  const output = (await context.startRendering()).getChannelData(0);
  return { output, share: meter?.read(RATE) };
}
