import { amplifierNode, Meter } from "./node.js";
import { RATE } from "./strings.js";

/** Sends sound through the worklet as fast as it goes: what the test compares, and what `--measure` measures. */
export async function render(samples: Float32Array<ArrayBuffer>, measured: boolean) {
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
