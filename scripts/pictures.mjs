/**
 * The README's pictures of the page: `npm run site:pictures` writes site/images/cell.png, and cell.webp, which goes through the
 * sentence.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Site } from "../test/site/site.ts";
import { installDebian, isDebianRoot } from "./debian.mjs";
import { ask, root, run, Stop } from "./run.mjs";
import { buildSite } from "./site.mjs";

const WIDTH = 1000;
/** How long a frame stays, in milliseconds: a stage, a step that is shown at once, and the end. */
const [STAGE, STEP, END] = [450, 900, 3000];
/** The steps that the animation shows stage by stage: 爱 and 中, read forward. */
const BY_STAGE = [3, 4];

const folder = join(root, "site/images");
const frames = mkdtempSync(join(tmpdir(), "lstm-wasm-frames-"));
try {
  prepare();
  buildSite();
  mkdirSync(folder, { recursive: true });
  await take();
} catch (error) {
  console.error(error instanceof Stop ? `pictures: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  rmSync(frames, { recursive: true });
}

/** Chinese glyphs, and the encoder of libwebp. */
function prepare() {
  const missing = [];
  if (!ask("fc-list", [":lang=zh"])?.trim()) missing.push("fonts-noto-cjk");
  if (ask("img2webp", ["-version"]) === undefined) missing.push("webp");
  if (missing.length === 0) return;
  if (!isDebianRoot()) throw new Stop(`install a Chinese font and img2webp (of Debian: ${missing.join(" ")})`);
  installDebian(missing);
}

async function take() {
  const site = await Site.open();
  const { page } = await site.visit("cell", { width: WIDTH });
  await page.addStyleTag({ content: ".player, .keys, .run h3, .followed, .run details { display: none !important }" });
  const clip = await page.evaluate(() => {
    const box = (selector) => document.querySelector(selector).getBoundingClientRect();
    const [top, bottom] = [box(".symbols").top, box(".runs").bottom];
    return {
      x: box(".runs").left - 8,
      y: top + scrollY - 8,
      width: box(".runs").width + 16,
      height: bottom - top + 16,
    };
  });
  const shoot = (path) => page.screenshot({ path, clip, captureBeyondViewport: true });
  /** @param {string} name of a button of the panel */
  const press = (name) => page.$eval(`[data-go=${name}]`, (button) => button.click());

  await shoot(join(folder, "cell.png"));
  const film = [];
  const keep = async (milliseconds) => {
    const path = join(frames, `${film.length}.png`);
    await shoot(path);
    film.push(["-d", `${milliseconds}`, path]);
  };
  for (let step = 4; step > 1; step--) await press("back");
  for (let step = 1; step <= 6; step++) {
    if (step > 1) await press(BY_STAGE.includes(step) ? "stageOn" : "on");
    if (BY_STAGE.includes(step)) {
      for (let stage = 1; stage < 7; stage++) {
        await keep(STAGE);
        await press("stageOn");
      }
    }
    await keep(step === 6 ? END : STEP);
  }
  await site.close();

  run("img2webp", ["-loop", "0", "-lossless", "-m", "6", ...film.flat(), "-o", join(folder, "cell.webp")]);
  for (const [name, most] of Object.entries({ "cell.png": 200_000, "cell.webp": 600_000 })) {
    const { size } = statSync(join(folder, name));
    if (size > most) throw new Stop(`${name} has ${size} bytes, more than ${most}`);
    console.log(`${name}: ${size} bytes`);
  }
}
