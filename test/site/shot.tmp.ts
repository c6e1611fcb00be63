import { Site } from "./site.js";

const site = await Site.open([
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--use-file-for-fake-audio-capture=/work/wt/pvoice/examples/vad/data/sample.wav",
]);
for (const [language, theme, width, mode] of [
  ["en", "light", 1280, "play"],
  ["zh", "dark", 1280, "mic"],
  ["en", "dark", 390, "play"],
  ["zh", "light", 390, "idle"],
] as const) {
  const { page, complaints } = await site.visit("voice", { language, theme, width });
  if (mode === "play") {
    await page.click(".row button:nth-child(2)");
    await new Promise((r) => setTimeout(r, 2500));
    await page.click(".segments li:nth-child(2) button");
    await new Promise((r) => setTimeout(r, 1500));
  }
  if (mode === "mic") {
    await page.click("button.primary");
    await new Promise((r) => setTimeout(r, 6500));
  }
  await page.screenshot({ path: `/tmp/v-${language}-${width}.png`, fullPage: true });
  console.log(complaints);
}
await site.close();
