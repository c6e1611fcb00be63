import { SingleBar } from "cli-progress";
import { thousands } from "./table.js";

const CLEAR_LINE = "\r\u001b[K";
const SAVE_CURSOR = "\u001b7";

/** How far a long input has been read, on stderr if that is a terminal. */
export class Progress {
  readonly #total: number | undefined;
  readonly #unit: string;
  #bar: SingleBar | undefined;

  /**
   * @param total how many bytes there will be, if that is known
   * @param unit what the speed counts: "characters"
   */
  constructor(total: number | undefined, unit: string) {
    this.#total = total;
    this.#unit = unit;
  }

  /** @param speed in units a second */
  show(bytes: number, speed: number): void {
    if (!process.stderr.isTTY) return;
    const state = { read: thousands(bytes / 1000), speed: thousands(speed) };
    if (this.#bar === undefined) {
      this.#bar = new SingleBar({
        format: `${this.#total ? "{bar} {percentage}% | " : ""}{read} kB read | {speed} ${this.#unit}/s`,
        barCompleteChar: "█",
        barIncompleteChar: "░",
        barsize: 24,
        clearOnComplete: true,
        forceRedraw: true, // after `clear`
        gracefulExit: false, // it would swallow the first Ctrl-C
        linewrap: true, // else Ctrl-C would leave a terminal that does not wrap
      });
      this.#bar.start(this.#total ?? 0, bytes, state);
    } else {
      this.#bar.update(bytes, state);
    }
  }

  /** Makes room for output on the same terminal; the bar comes back below it. */
  clear(): void {
    if (this.#bar !== undefined && process.stdout.isTTY) process.stderr.write(CLEAR_LINE);
  }

  stop(): void {
    if (this.#bar === undefined) return;
    // The bar ends by going back to where the cursor was saved. That was when it began, and output may stand there now.
    process.stderr.write(CLEAR_LINE + SAVE_CURSOR);
    this.#bar.stop();
    this.#bar = undefined;
  }
}
