import { report } from "./report.js";

report(async () => {
  const context = new OfflineAudioContext(1, 128, 48000);
  await context.audioWorklet.addModule("bundled/esm/worklet.js");
  const node = new AudioWorkletNode(context, "check");
  const found = new Promise((resolve, reject) => {
    node.port.onmessage = ({ data }) => resolve(data);
    node.onprocessorerror = () => reject(new Error("the processor threw"));
  });
  node.connect(context.destination);
  await context.startRendering();
  return found;
});
