/** Neighbours are joined as soon as there are so many points. */
const MOST_POINTS = 400;

/** A curve over steps that may go on for ever: when it gets too long to draw, each two neighbours become their mean. */
export class Curve {
  #xs: number[] = [];
  #ys: number[] = [];
  /** How many values a point stands for. */
  #width = 1;
  #sum = 0;
  #waiting = 0;

  add(x: number, y: number): void {
    this.#sum += y;
    if (++this.#waiting < this.#width) return;
    this.#xs.push(x);
    this.#ys.push(this.#sum / this.#width);
    [this.#sum, this.#waiting] = [0, 0];
    if (this.#xs.length === MOST_POINTS) this.#join();
  }

  clear(): void {
    [this.#xs, this.#ys, this.#width, this.#sum, this.#waiting] = [[], [], 1, 0, 0];
  }

  /** The points so far, as a chart takes them: a copy, for a chart draws only what has changed. */
  get points(): [xs: number[], ys: number[]] {
    return [[...this.#xs], [...this.#ys]];
  }

  #join(): void {
    const odd = (_: number, index: number) => index % 2 === 1;
    this.#ys = this.#ys.filter(odd).map((y, i) => (y + (this.#ys[2 * i] as number)) / 2);
    this.#xs = this.#xs.filter(odd);
    this.#width *= 2;
  }
}
