import type { CellName } from "../../../../bench/claims/cells.js";
import type { GradientOptions, GradientPoint } from "../../../../bench/claims/gradient.js";
import { reached } from "../../../../bench/claims/summary.js";
import { type Background, proxy } from "../../worker.js";
import { cellsWith } from "./cells.js";
import type { Memory } from "./memory.worker.js";

/** The gradient that reaches step 1, for what the sliders say. A `change` event tells of each new point. */
export class Gradients extends EventTarget {
  readonly settings: GradientOptions;
  readonly #worker: Background<Memory>;
  /** All that was measured, so that a slider that comes back need not wait. */
  readonly #points = new Map<string, GradientPoint>();
  /** The longest T of the curves: one of the settings' lengths. */
  length = 200;
  /** What weight_hh is multiplied by. */
  scale = 1;
  /** Of the last cell. */
  forgetBias = 1;
  /** Why nothing more can be measured. */
  failure: string | undefined;

  constructor(worker: Background<Memory>, settings: GradientOptions) {
    super();
    this.#worker = worker;
    this.settings = settings;
  }

  get cells(): readonly CellName[] {
    return cellsWith(this.forgetBias);
  }

  get lengths(): readonly number[] {
    return this.settings.steps.filter((steps) => steps <= this.length);
  }

  /** Whether all points of the curves are there. */
  get complete(): boolean {
    return this.#missing().length === 0;
  }

  /** Measures what the curves lack, the shortest sequences first. */
  async measure(): Promise<void> {
    try {
      const missing = this.#missing();
      await this.#worker.run((memory) =>
        memory.gradients(
          missing,
          proxy((point) => {
            this.#points.set(key(point), point);
            this.dispatchEvent(new Event("change"));
          }),
        ),
      );
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      this.dispatchEvent(new Event("change"));
    }
  }

  /**
   * The part of the gradient for T = 1 that reaches step 1 from step T = `steps`: null where float32 has no numbers that
   * large, undefined where it is not measured yet.
   */
  reached(cell: CellName, steps: number): number | null | undefined {
    const { scale } = this;
    const point = this.#points.get(key({ cell, scale, steps }));
    const first = this.#points.get(key({ cell, scale, steps: 1 }));
    return point && first && reached([first], point);
  }

  #missing() {
    const { cells, lengths, scale } = this;
    const points = lengths.flatMap((steps) => cells.map((cell) => ({ cell, scale, steps })));
    return points.filter((point) => !this.#points.has(key(point)));
  }
}

const key = ({ cell, scale, steps }: Pick<GradientPoint, "cell" | "scale" | "steps">): string =>
  `${cell}, x ${scale}, ${steps} steps`;
