/** A waveform on a canvas, and its level in words beside it. */
export class Scope {
  readonly #analyser: AnalyserNode;
  readonly #canvas: HTMLCanvasElement;
  readonly #level: HTMLOutputElement;
  readonly #samples: Float32Array<ArrayBuffer>;
  #peak = 0;
  #frames = 0;

  /** @param id of the canvas; the level's is `${id}-level` */
  constructor(id: string, source: AudioNode) {
    this.#analyser = new AnalyserNode(source.context, { fftSize: 2048 });
    source.connect(this.#analyser);
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#canvas = document.getElementById(id) as HTMLCanvasElement;
    this.#level = document.getElementById(`${id}-level`) as HTMLOutputElement;
  }

  draw(): void {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const { clientWidth, clientHeight } = this.#canvas;
    const [width, height] = [clientWidth, clientHeight].map((size) => Math.round(size * devicePixelRatio)) as [
      number,
      number,
    ];
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext("2d") as CanvasRenderingContext2D;
    context.clearRect(0, 0, width, height);
    context.strokeStyle = getComputedStyle(this.#canvas).color;
    context.lineWidth = 1.5 * devicePixelRatio;
    context.lineJoin = "round";
    context.beginPath();
    const begin = this.#crossing();
    const shown = this.#samples.length / 2;
    for (let n = 0; n < shown; n++) {
      const sample = this.#samples[begin + n] as number;
      context.lineTo((n / (shown - 1)) * width, (height / 2) * (1 - sample / 0.7));
    }
    context.stroke();
    this.#showLevel();
  }

  /** Where the signal first rises through zero, so that the picture stands still while a note does. */
  #crossing(): number {
    for (let n = 1; n < this.#samples.length / 2; n++) {
      if ((this.#samples[n - 1] as number) < 0 && (this.#samples[n] as number) >= 0) return n;
    }
    return 0;
  }

  /** The peak in dB of full scale, twice a second: faster could not be read. */
  #showLevel(): void {
    for (const sample of this.#samples) this.#peak = Math.max(this.#peak, Math.abs(sample));
    if (++this.#frames % 30 !== 0) return;
    this.#level.value = this.#peak > 1e-4 ? `peak ${(20 * Math.log10(this.#peak)).toFixed(0)} dB` : "silent";
    this.#peak = 0;
  }
}
