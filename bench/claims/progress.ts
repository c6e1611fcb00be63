import { SingleBar } from "cli-progress";

/** How far the experiments are, on stderr: a bar for each, or without a terminal one line for each. */
export class Progress {
  #bar: SingleBar | undefined;
  #experiment: string | undefined;

  readonly show = (experiment: string, done: number, now: string): void => {
    if (experiment !== this.#experiment) this.#begin(experiment);
    this.#bar?.update(done, { now });
    if (done === 1) this.stop();
  };

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #begin(experiment: string): void {
    this.stop();
    this.#experiment = experiment;
    if (!process.stderr.isTTY) {
      console.error(`${experiment} ...`);
      return;
    }
    this.#bar = new SingleBar({
      format: `${experiment.padEnd(20)} {bar} {percentage}% | {now}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 20,
      gracefulExit: false, // it would swallow the first Ctrl-C
    });
    this.#bar.start(1, 0, { now: "" });
  }
}
