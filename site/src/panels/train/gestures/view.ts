import type { PanelContext } from "../../../panel.js";
import { button, textField } from "../../../ui/controls.js";
import { element } from "../../../ui/element.js";
import { reducedMotion } from "../../../ui/theme.js";
import type { en } from "../en.js";
import { runView } from "../run-view.js";
import { STEPS_OF_RUN } from "../steps-of-run.js";
import type { GestureLesson } from "./lesson.js";
import { Pad } from "./pad.js";
import { SHAPES, type Stroke } from "./strokes.js";

/** How long a sample stroke is drawn, in milliseconds. */
const DRAWN_IN = 900;

export function mountGestures(root: HTMLElement, lesson: GestureLesson, all: typeof en, context: PanelContext): void {
  const strings = all.gestures;
  const { signal, announce } = context;
  const { run } = lesson;
  const names = (): string[] => SHAPES.map((shape, i) => lesson.names[i] ?? strings.shapes[shape]);

  const hint = element("p", { className: "muted" });
  const learnt = element("p", { className: "train-note" });
  const view = runView({
    run,
    strings: all.run,
    stepsOfRun: STEPS_OF_RUN.gestures,
    file: "gestures.safetensors",
    context,
    ready: () => lesson.ready,
    prepare: async () => {
      await lesson.open(names());
      return true;
    },
    onOpen: ({ classes }) => {
      for (const [i, name] of classes.entries()) {
        lesson.names[i] = name;
        (fields[i] as (typeof fields)[number]).value = name;
      }
      view.attempt(lesson.teach(names()));
      renamed();
    },
    onChange: () => {
      hint.textContent = lesson.ready ? "" : strings.needTwo;
      learnt.textContent = run.note === undefined ? "" : strings.learnt(run.note.right, run.note.of);
      if (lesson.tried.length === 0) tryPad.show([]);
      showAnswer();
    },
  });

  const changed = (): void => {
    for (const [i, pad] of pads.entries()) {
      const strokes = lesson.strokes[i] as Stroke[];
      pad.show(strokes);
      (counts[i] as HTMLElement).textContent = strings.strokes(strokes.length);
      (clears[i] as HTMLButtonElement).disabled = strokes.length === 0;
    }
    view.attempt(lesson.teach(names()));
    view.refresh();
  };
  const fields = SHAPES.map((_, i) =>
    textField({
      label: strings.name(i + 1),
      value: names()[i] as string,
      maxLength: 20,
      onChange: (name) => {
        lesson.names[i] = name.trim() === "" ? undefined : name.trim();
        view.attempt(lesson.teach(names()));
        renamed();
      },
    }),
  );
  const pads = SHAPES.map(
    (_, i) =>
      new Pad({
        label: strings.padOf(i + 1),
        onStroke: (stroke) => {
          (lesson.strokes[i] as Stroke[]).push(stroke);
          changed();
        },
        signal,
      }),
  );
  const counts = SHAPES.map(() => element("span", { className: "muted" }));
  const clears = SHAPES.map((_, i) =>
    button(strings.clear, () => {
      lesson.strokes[i] = [];
      changed();
    }),
  );
  const samples = button(strings.samples, () => {
    lesson.addSamples();
    changed();
    announce(strings.samplesThere);
  });

  const result = element("p", { className: "train-result", id: "gesture-result" });
  const bars = SHAPES.map(() => ({
    name: element("span"),
    bar: element("progress", { max: 1, value: 0 }),
    share: element("span", { className: "train-share" }),
  }));
  const showAnswer = (): void => {
    const { answer } = lesson;
    const best = answer === undefined ? -1 : answer.indexOf(Math.max(...answer));
    for (const [i, { bar, share }] of bars.entries()) {
      bar.value = answer?.[i] ?? 0;
      share.textContent = answer === undefined ? "–" : `${(100 * (answer[i] as number)).toFixed(1)} %`;
    }
    result.textContent =
      best < 0 ? (run.state === "new" ? strings.trainFirst : strings.drawHere) : (names()[best] as string);
  };
  const renamed = (): void => {
    for (const [i, { name, bar }] of bars.entries()) {
      name.textContent = bar.ariaLabel = names()[i] as string;
    }
    showAnswer();
  };
  const finished = async (last: Promise<void> | undefined): Promise<void> => {
    await last;
    showAnswer();
    const { answer } = lesson;
    if (answer === undefined) return announce(run.state === "new" ? strings.trainFirst : strings.tooShort);
    const best = Math.max(...answer);
    announce(strings.taken(names()[answer.indexOf(best)] as string, (100 * best).toFixed(0)));
  };

  let last: Promise<void> | undefined;
  const point = (x: number, y: number, first: boolean): void => {
    if (first) view.attempt(lesson.penDown());
    last = lesson.penMove(x, y).then(() => {
      if (!signal.aborted) showAnswer();
    });
    view.attempt(last);
  };
  const tryPad = new Pad({
    label: strings.tryPad,
    onPoint: (x, y, first) => {
      playing?.abort();
      if (first) tryPad.show([]);
      point(x, y, first);
    },
    onStroke: (stroke) => {
      tryPad.show([stroke]);
      view.attempt(finished(last));
    },
    signal,
  });

  let playing: AbortController | undefined;
  /** Draws a stroke as a hand would, unless the visitor asks for less motion. */
  const play = async (stroke: Stroke): Promise<void> => {
    playing?.abort();
    playing = new AbortController();
    const ended = AbortSignal.any([playing.signal, signal]);
    const count = stroke.length / 2;
    const begun = performance.now();
    for (let drawn = 0; drawn < count && !ended.aborted; ) {
      const until = reducedMotion() ? count : Math.min(count, ((performance.now() - begun) / DRAWN_IN) * count);
      for (; drawn < until; drawn++) point(stroke[2 * drawn] as number, stroke[2 * drawn + 1] as number, drawn === 0);
      tryPad.show([stroke.slice(0, 2 * drawn)]);
      if (drawn < count) await new Promise(requestAnimationFrame);
    }
    if (!ended.aborted) await finished(last);
  };

  root.append(
    element("p", {}, strings.intro),
    element("h2", {}, strings.teach),
    element("div", { className: "row train-teach" }, samples, hint),
    element(
      "div",
      { className: "grid train-classes" },
      ...SHAPES.map((_, i) =>
        element(
          "div",
          { className: "card" },
          (fields[i] as (typeof fields)[number]).element,
          (pads[i] as Pad).element,
          element("div", { className: "row train-between" }, counts[i] as HTMLElement, clears[i] as HTMLElement),
        ),
      ),
    ),
    element("h2", {}, all.run.title),
    view.element,
    learnt,
    element("h2", {}, strings.try),
    element(
      "div",
      { className: "grid" },
      element("div", { className: "card train-try" }, tryPad.element),
      element(
        "div",
        { className: "card" },
        result,
        element("div", { className: "train-bars" }, ...bars.flatMap(({ name, bar, share }) => [name, bar, share])),
        element("p", { className: "muted" }, strings.letDraw),
        element(
          "div",
          { className: "row" },
          ...SHAPES.map((shape, i) => button(strings.shapes[shape], () => view.attempt(play(lesson.trial(i))))),
        ),
      ),
    ),
  );
  renamed();
  tryPad.show([lesson.tried]);
  changed();
}
