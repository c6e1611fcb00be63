import { SingleBar } from "cli-progress";

export interface Step {
  /** The epoch under way, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** The characters read in this epoch so far, and all there are. */
  readonly characters: number;
  readonly total: number;
  /** The mean of this epoch so far, a character. */
  readonly loss: number;
  /** Characters a second. */
  readonly speed: number;
}

/** How far training is, on stderr if that is a terminal. */
export class Progress {
  #bar: SingleBar | undefined;

  show({ epoch, epochs, characters, total, loss, speed }: Step): void {
    if (!process.stderr.isTTY) return;
    const left = (epochs - epoch + 1) * total - characters;
    const state = { epoch, epochs, loss: loss.toFixed(4), speed: thousands(speed), left: minutes(left / speed) };
    if (this.#bar === undefined) {
      this.#bar = new SingleBar({
        format: "epoch {epoch}/{epochs} {bar} {percentage}% | loss {loss} | {speed} characters/s | {left} left",
        barCompleteChar: "█",
        barIncompleteChar: "░",
        barsize: 20,
        clearOnComplete: true,
        gracefulExit: false, // it would swallow the first Ctrl-C
        linewrap: true, // else Ctrl-C would leave a terminal that does not wrap
      });
      this.#bar.start(total, characters, state);
    } else {
      this.#bar.update(characters, state);
    }
  }

  /** Takes the bar away; the next `show` begins a new one. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

export function thousands(count: number): string {
  return Math.round(count).toLocaleString("en");
}

/** 83.2 seconds as 1:23. */
export function minutes(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
