/** The panel "Voice": its answers are those of the Python package, and it hears a microphone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HTTPRequest } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/run.mjs";
import { violations } from "./axe.js";
import { longTasks } from "./long-tasks.js";
import { Site } from "./site.js";
import { choose, click, figure, noteTracks, state, text, texts, tracks } from "./voice-page.js";

const data = (name: string): string => join(root, "examples/vad/data", name);
// What the Python package's ONNX graph answers.
const { sample } = JSON.parse(readFileSync(data("cases.json"), "utf8")) as {
  sample: { probabilities: number[]; timestamps: { start: number; end: number }[] };
};
const inSeconds = (samples: number): string => (samples / 16_000).toFixed(2);
const segments = sample.timestamps.map(({ start, end }) => `${inSeconds(start)} s to ${inSeconds(end)} s`);

const folder = mkdtempSync(join(tmpdir(), "voice-"));
const file = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

/** A machine whose microphone plays the sample again and again, and where visitors allow it. */
let withMicrophone: Site;
/** One without a microphone. */
let without: Site;
/** One whose visitors refuse it. */
let refusing: Site;
beforeAll(async () => {
  const fake = "--use-fake-device-for-media-stream";
  [withMicrophone, without, refusing] = await Promise.all([
    Site.open([fake, "--use-fake-ui-for-media-stream", `--use-file-for-fake-audio-capture=${data("sample.wav")}`]),
    Site.open(),
    Site.open([fake, "--deny-permission-prompts"]),
  ]);
}, 300_000);
afterAll(async () => {
  await Promise.all([withMicrophone?.close(), without?.close(), refusing?.close()]);
  rmSync(folder, { recursive: true });
});

describe("a file", { timeout: 60_000 }, () => {
  test("that ships gets the probabilities and the segments of the Python package", async () => {
    const { page, complaints } = await without.visit("voice");
    const long = await longTasks(page, async () => {
      await click(page, "Try the sample");
      await figure(page, 2, "^9.8 s$");
      await state(page, "idle");
    });
    expect(long).toEqual([]);
    const session = await page.createCDPSession();
    await session.send("Browser.setDownloadBehavior", {
      behavior: "allow",
      downloadPath: folder,
      eventsEnabled: true,
      browserContextId: page.browserContext().id as string,
    });
    const saved = new Promise<void>((resolve) => {
      session.on("Browser.downloadProgress", ({ state }) => state === "completed" && resolve());
    });
    await click(page, "Download the probabilities (CSV)");
    await saved;
    const [head, ...rows] = readFileSync(join(folder, "speech.csv"), "utf8").trim().split("\n");
    expect(head).toBe("seconds,probability");
    expect(rows).toHaveLength(306);
    expect(rows[100]?.split(",")[0]).toBe("3.200");
    const probabilities = rows.map((row) => Number(row.split(",")[1]));
    const furthest = Math.max(...sample.probabilities.map((p, i) => Math.abs(p - (probabilities[i] as number))));
    expect(furthest).toBeLessThan(1e-5); // as the page says

    expect(await texts(page, ".segments li")).toEqual(segments);
    expect(await text(page, ".figures .card:nth-child(4) .value")).toMatch(/^\d+\.\d %$/);
    expect(await page.$eval(".chart", ({ ariaLabel }) => ariaLabel)).toContain(
      `9.8 s were heard. Speech: ${segments.join(", ")}`,
    );
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("is played from a segment on, and the threshold makes other segments of it", async () => {
    const { page, complaints } = await without.visit("voice");
    await click(page, "Try the sample");
    await figure(page, 2, "^9.8 s$");
    await state(page, "idle");
    await click(page, segments[1] as string);
    await figure(page, 1, "^Speech$");
    expect(await page.$eval("audio", ({ currentTime }) => currentTime)).toBeGreaterThan(4.7);
    await page.focus(".panel input[type=range]");
    await page.keyboard.press("End");
    await page.waitForFunction(() => document.querySelectorAll(".segments li").length > 2);
    await page.keyboard.press("Home");
    await page.waitForFunction(() => document.querySelectorAll(".segments li").length <= 2);
    expect(complaints).toEqual([]);
  });

  test("of the visitor's own is heard; what is no sound is refused by name, and the next one is heard", async () => {
    const { page, complaints } = await without.visit("voice");
    const wav = readFileSync(data("sample.wav"));
    const size = 2 * 16_000 * 2.5; // to the middle of a sentence
    const first = Buffer.from(wav.subarray(0, 44 + size));
    first.writeUInt32LE(size, 40);
    const telephone = Buffer.from(wav);
    telephone.writeUInt32LE(8000, 24);
    for (const [path, reason] of [
      [file("song.mp3", Buffer.from("ID3\u0003\u0000 no wav")), "song.mp3 cannot be heard: it is not a WAV file."],
      [file("cut.wav", wav.subarray(0, 1000)), "cut.wav cannot be heard: it is cut short"],
      [file("telephone.wav", telephone), "telephone.wav cannot be heard: it has 8000 samples a second"],
    ] as const) {
      await choose(page, path);
      await page.waitForFunction(
        (reason) => document.querySelector("[role=alert]")?.textContent?.includes(reason),
        { timeout: 20_000 },
        reason,
      );
    }
    await choose(page, file("first words.wav", first));
    await figure(page, 2, "^2.5 s$");
    await state(page, "idle");
    expect(await page.$("[role=alert]")).toBeNull();
    expect(await texts(page, ".segments li")).toEqual(["0.23 s to 2.50 s"]);
    expect(complaints).toEqual([]);
  });
});

describe("the microphone", { timeout: 60_000 }, () => {
  test("is heard: speech is found while it runs, nothing is sent, and it is closed in the end", async () => {
    const visit = await withMicrophone.visit("voice");
    await noteTracks(visit);
    const { page, complaints, ready } = visit;
    const requests: HTTPRequest[] = [];
    page.on("request", (request) => requests.push(request));
    const long = await longTasks(page, async () => {
      await click(page, "Listen to the microphone");
      await figure(page, 1, "^Speech$");
      await page.waitForSelector(".segments li");
      await figure(page, 4, "%$");
    });
    expect(long).toEqual([]);
    expect(await text(page, ".status")).toBe("Listening. Say something.");
    expect(await violations(page)).toEqual([]);
    expect(await tracks(page)).toEqual(["live"]);

    // A change of the language does not interrupt it.
    const before = Number.parseFloat(await text(page, ".figures .card:nth-child(2) .value"));
    await page.select("#language", "zh");
    await ready();
    expect(await text(page, ".status")).toBe("正在听，请说话。");
    await page.waitForFunction(
      (before) =>
        Number.parseFloat(document.querySelector(".figures .card:nth-child(2) .value")?.textContent ?? "") > before + 1,
      {},
      before,
    );
    await click(page, "停止");
    await state(page, "idle");
    expect(await tracks(page)).toEqual(["ended"]);
    const heard = await text(page, ".figures .card:nth-child(2) .value");
    expect(await page.$eval("audio", ({ hidden }) => hidden)).toBe(true); // its sound was not kept
    expect(requests.filter((request) => request.method() !== "GET" || request.hasPostData())).toEqual([]);

    await click(page, "打开麦克风");
    await state(page, "listening");
    expect(await text(page, ".figures .card:nth-child(2) .value")).not.toBe(heard);
    await page.click('nav a[href="#/cell"]');
    await page.waitForFunction(() => !location.hash.includes("voice"));
    await ready();
    expect(await tracks(page)).toEqual(["ended", "ended"]);
    expect(complaints).toEqual([]);
  });

  test("is heard where the browser refuses to connect it at 16,000 samples a second", async () => {
    const { page, complaints, ready } = await withMicrophone.visit("voice");
    await page.evaluateOnNewDocument(() => {
      // As Firefox does.
      const connect = AudioContext.prototype.createMediaStreamSource;
      AudioContext.prototype.createMediaStreamSource = function (stream) {
        if (this.sampleRate === 16_000) throw new DOMException("another rate", "NotSupportedError");
        Object.assign(globalThis, { rate: this.sampleRate });
        return connect.call(this, stream);
      };
    });
    await page.reload();
    await ready();
    await click(page, "Listen to the microphone");
    await figure(page, 1, "^Speech$");
    expect(await page.evaluate(() => (globalThis as unknown as { rate: number }).rate)).toBeGreaterThan(40_000);
    expect(complaints).toEqual([]);
  });

  test("that is unplugged is reported, and what was heard stays", async () => {
    const visit = await withMicrophone.visit("voice");
    await noteTracks(visit);
    const { page, complaints } = visit;
    await click(page, "Listen to the microphone");
    await page.waitForSelector(".segments li");
    await page.evaluate(() => {
      (globalThis as unknown as { tracks: MediaStreamTrack[] }).tracks[0]?.dispatchEvent(new Event("ended"));
    });
    await state(page, "microphoneFailed");
    expect(await text(page, "[role=alert]")).toBe("The microphone was disconnected. Connect it and listen again.");
    expect(await page.$$(".segments li")).not.toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("that is stopped while the browser asks is never opened", async () => {
    const { page, complaints } = await withMicrophone.visit("voice");
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (constraints) => {
        await new Promise<void>((resolve) => Object.assign(globalThis, { allow: resolve }));
        const stream = await getUserMedia(constraints);
        Object.assign(globalThis, { tracks: stream.getTracks() });
        return stream;
      };
    });
    await click(page, "Listen to the microphone");
    await state(page, "asking");
    await click(page, "Stop");
    await page.evaluate(() => (globalThis as unknown as { allow(): void }).allow());
    await page.waitForFunction(() =>
      (globalThis as unknown as { tracks?: MediaStreamTrack[] }).tracks?.every(
        ({ readyState }) => readyState === "ended",
      ),
    );
    await state(page, "idle");
    expect(complaints).toEqual([]);
  });

  test("is given up where the browser's audio does not run", async () => {
    const { page, complaints, ready } = await withMicrophone.visit("voice");
    await page.evaluateOnNewDocument(() => {
      // As Firefox does without a loudspeaker.
      globalThis.AudioContext = class extends AudioContext {
        constructor(options?: AudioContextOptions) {
          super(options);
          void this.suspend();
        }
        override resume = () => new Promise<void>(() => {});
      };
      const { setTimeout } = globalThis;
      globalThis.setTimeout = ((call: () => void, milliseconds = 0) =>
        setTimeout(call, milliseconds / 10)) as typeof globalThis.setTimeout;
    });
    await page.reload();
    await ready();
    await click(page, "Listen to the microphone");
    await state(page, "microphoneFailed");
    expect(await text(page, "[role=alert]")).toMatch(
      /^The microphone is open, but the browser’s audio does not start\./,
    );
    expect(complaints).toEqual([]);
  });

  test("is missed where there is none", async () => {
    const { page, complaints } = await without.visit("voice");
    await click(page, "Listen to the microphone");
    await state(page, "microphoneFailed");
    expect(await text(page, "[role=alert]")).toMatch(/^The browser finds no microphone\./);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test.each([
    ["en", "Listen to the microphone", /^The browser did not give the microphone to this page\. Allow it/],
    ["zh", "打开麦克风", /^浏览器没有允许本页使用麦克风。/],
  ] as const)("that is refused is not heard, and the page says what to do: %s", async (language, label, said) => {
    const { page, complaints } = await refusing.visit("voice", { language });
    await click(page, label);
    await state(page, "microphoneFailed");
    expect(await text(page, "[role=alert]")).toMatch(said);
    expect(await page.$(`::-p-xpath(//button[text()="${label}"])`)).not.toBeNull(); // to be tried again
    expect(complaints).toEqual([]);
  });
});
