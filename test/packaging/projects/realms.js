import { all } from "./all.js";
import { report } from "./report.js";

/** Another realm with the same page's files: its copy of the package is not ours. */
async function inFrame() {
  const frame = document.createElement("iframe");
  frame.src = "bundled.html";
  document.body.append(frame);
  while (frame.contentWindow.result === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  return frame.contentWindow.result;
}

report(async () => {
  const frames = await Promise.all([inFrame(), inFrame()]);
  const here = all();
  const bits = [here, ...frames].map((found) => JSON.stringify(found));
  if (new Set(bits).size > 1) throw new Error(`the realms differ: ${bits.join(" ")}`);
  return here;
});
