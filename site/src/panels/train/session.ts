import type { Language } from "../../i18n/index.js";
import type { Closeable } from "../../panel.js";
import { ForecastLesson } from "./forecast/lesson.js";
import { GestureLesson } from "./gestures/lesson.js";
import { TextLesson } from "./text/lesson.js";

/** The lessons that the visitor has opened; their trainings go on while another one is looked at. */
export class Session implements Closeable {
  #gestures: GestureLesson | undefined;
  #text: TextLesson | undefined;
  #forecast: ForecastLesson | undefined;

  get gestures(): GestureLesson {
    this.#gestures ??= new GestureLesson();
    return this.#gestures;
  }

  /** The language decides what it begins with. */
  text(language: Language): TextLesson {
    this.#text ??= new TextLesson(language);
    return this.#text;
  }

  get forecast(): ForecastLesson {
    this.#forecast ??= new ForecastLesson();
    return this.#forecast;
  }

  close(): void {
    this.#gestures?.close();
    this.#text?.close();
    this.#forecast?.close();
  }
}
