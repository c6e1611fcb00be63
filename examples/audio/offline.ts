import { amplifierNode } from "./node.js";
import { RATE } from "./strings.js";

/** What the test compares with Node, for it to call in the page. */
export interface Offline {
  /** Sends samples through the worklet as fast as it goes. They travel as their bits: JSON knows no -0. */
  renderBits(samples: readonly number[]): Promise<number[]>;
}

const offline: Offline = {
  async renderBits(samples) {
    const context = new OfflineAudioContext(1, samples.length, RATE);
    const node = await amplifierNode(context);
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: RATE });
    buffer.copyToChannel(new Float32Array(Uint32Array.from(samples).buffer), 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(node).connect(context.destination);
    source.start();
    const output = (await context.startRendering()).getChannelData(0);
    return [...new Uint32Array(output.buffer, output.byteOffset, output.length)];
  },
};
Object.assign(globalThis, offline);
