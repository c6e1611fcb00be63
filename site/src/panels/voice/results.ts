import type { PanelContext } from "../../panel.js";
import { Chart } from "../../ui/chart.js";
import { button } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import { saveFile } from "../../ui/save-file.js";
import { reducedMotion } from "../../ui/theme.js";
import { curveOf } from "./curve.js";
import type { en } from "./en.js";
import { type Hearing, STEP } from "./hearing.js";
import { SegmentList } from "./segment-list.js";
import type { Session } from "./session.js";

/** What was heard: the curve, the sound's player, figures, the segments. `show` draws it as it is now. */
export function results(session: Session, strings: typeof en, { signal }: PanelContext) {
  const text = (seconds: number): string => seconds.toFixed(2);
  const describe = (): string => {
    const { seconds = 0, segments = [] } = session.hearing ?? {};
    const all = segments.map(({ start, end }) => strings.segment(text(start), text(end)));
    return strings.describe(seconds.toFixed(1), all.slice(-5).join(", ") || strings.none);
  };
  const chart = new Chart({
    title: strings.chart,
    x: strings.x,
    curves: [
      { label: strings.probability, colour: "--curve-1", points: false },
      { label: strings.thresholdCurve, colour: "--curve-2", dash: [6, 6], points: false },
    ],
    describe,
    range: [0, 1],
    format: (value) => value.toFixed(3),
    overlay: "--curve-3",
    signal,
  });

  const player = element("audio", { controls: true, hidden: true, preload: "auto" });
  const now = element("p", { className: "value now" });
  const nowProbability = element("p", { className: "muted note" });
  const heard = element("p", { className: "value" });
  const spoken = element("p", { className: "value" });
  const share = element("p", { className: "value" });
  const segments = new SegmentList(strings, (start) => {
    player.currentTime = start;
    void player.play();
  });
  const download = button(strings.download, () => save(session.hearing));

  /** What holds where the sound is played, or at the end. */
  const showNow = (): void => {
    const { hearing } = session;
    const playing = hearing?.sound !== undefined && (!player.paused || player.currentTime > 0);
    const seconds = playing ? player.currentTime : (hearing?.seconds ?? 0);
    const { probabilities = [] } = hearing ?? {};
    const probability = probabilities[Math.min(probabilities.length - 1, Math.floor(seconds / STEP))];
    chart.mark(playing ? seconds : undefined);
    const speaks = playing
      ? hearing.segments.some(({ start, end }) => start <= seconds && seconds <= end)
      : (hearing?.speaking ?? false);
    now.classList.toggle("speaks", speaks);
    now.textContent = probability === undefined ? strings.nothing : speaks ? strings.speech : strings.noSpeech;
    nowProbability.textContent = probability === undefined ? "" : strings.percent((100 * probability).toFixed(0));
  };
  const followPlayer = (): void => {
    if (signal.aborted || player.paused) return;
    showNow();
    requestAnimationFrame(followPlayer);
  };
  // With less motion the line moves some four times a second.
  player.addEventListener("timeupdate", showNow);
  player.addEventListener("play", () => !reducedMotion() && followPlayer());
  signal.addEventListener("abort", () => player.pause());

  const show = (): void => {
    const { hearing, threshold, state } = session;
    const curve = curveOf(hearing, threshold, state.kind === "listening");
    chart.show(curve.data, curve.spans);
    const sound = hearing?.sound;
    player.hidden = sound === undefined;
    if (sound === undefined) player.removeAttribute("src");
    else if (player.src !== sound.url) {
      player.src = sound.url;
      player.ariaLabel = strings.player(sound.name);
    }
    const found = hearing?.segments ?? [];
    const length = found.reduce((sum, { start, end }) => sum + end - start, 0);
    heard.textContent = hearing === undefined ? strings.nothing : strings.seconds(hearing.seconds.toFixed(1));
    spoken.textContent = hearing === undefined ? strings.nothing : strings.seconds(length.toFixed(1));
    share.textContent = hearing === undefined ? strings.nothing : strings.percent((100 * hearing.share).toFixed(1));
    segments.show(found, sound !== undefined);
    download.disabled = hearing === undefined || session.running;
    showNow();
  };

  const figure = (label: string, ...values: HTMLElement[]): HTMLElement =>
    element("div", { className: "card" }, element("h3", {}, label), ...values);
  const all = element(
    "div",
    { className: "results" },
    element("div", { className: "card" }, chart.element, player),
    element(
      "div",
      { className: "figures" },
      figure(strings.now, now, nowProbability),
      figure(strings.heard, heard),
      figure(strings.spoken, spoken),
      figure(strings.share, share, element("p", { className: "muted note" }, strings.shareNote)),
    ),
    element("h2", {}, strings.segments),
    segments.element,
    download,
  );
  return { element: all, show };
}

/** Gives the visitor the probabilities as a file, with the time at which each chunk begins. */
function save(hearing: Hearing | undefined): void {
  const rows = (hearing?.probabilities ?? []).map((probability, i) => `${(i * STEP).toFixed(3)},${probability}\n`);
  saveFile("speech.csv", ["seconds,probability\n", ...rows], "text/csv");
}
