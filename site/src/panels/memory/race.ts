import type { AddingPoint, Marks, RaceOptions } from "../../../../bench/claims/adding.js";
import type { CellName } from "../../../../bench/claims/cells.js";
import { type Background, proxy } from "../../worker.js";
import { cellsWith } from "./cells.js";
import type { Memory } from "./memory.worker.js";

/** One network of the race. */
export interface Lane {
  readonly cell: CellName;
  /** How many updates it has taken. */
  updates: number;
  /** The loss of each. */
  readonly losses: number[];
  /** What was measured on its way. */
  readonly points: AddingPoint[];
}

export type RaceState = "ready" | "running" | "paused" | "over";

/** The networks that learn the adding problem side by side. A `change` event tells of each advance. */
export class Race extends EventTarget {
  readonly settings: RaceOptions;
  readonly #worker: Background<Memory>;
  steps = 30;
  seed = 1;
  marks: Marks = "halves";
  /** Of the last cell. */
  forgetBias = 1;
  state: RaceState = "ready";
  lanes: readonly Lane[] = [];
  /** Why the race cannot go on. */
  failure: string | undefined;

  constructor(worker: Background<Memory>, settings: RaceOptions) {
    super();
    this.#worker = worker;
    this.settings = settings;
    this.reset();
  }

  /** Back to the start, with the options as they are now. */
  reset(): void {
    if (this.state === "running") this.pause();
    this.state = "ready";
    this.lanes = cellsWith(this.forgetBias).map((cell) => ({ cell, updates: 0, losses: [], points: [] }));
    this.#changed();
  }

  /** Starts the race, or goes on with it after a pause. */
  async run(): Promise<void> {
    const { lanes, steps, seed, marks } = this;
    const starts = this.state === "ready";
    this.state = "running";
    this.#changed();
    try {
      if (starts) {
        const cells = lanes.map(({ cell }) => cell);
        await this.#worker.run((memory) => memory.line({ cells, steps, seed, marks }));
        if (this.lanes !== lanes || this.state !== "running") return;
      }
      await this.#worker.run((memory) =>
        memory.race(
          proxy((advances) => {
            if (this.lanes !== lanes) return; // of a race that was reset
            for (const { cell, updates, loss, point } of advances) {
              const lane = lanes.find((lane) => lane.cell === cell) as Lane;
              lane.updates = updates;
              if (updates > 0) lane.losses.push(loss);
              if (point !== undefined) lane.points.push(point);
            }
            if (lanes.every((lane) => this.arrived(lane) || lane.updates === this.settings.updates))
              this.state = "over";
            this.#changed();
          }),
        ),
      );
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      this.state = "paused";
      this.#changed();
    }
  }

  pause(): void {
    this.state = "paused";
    void this.#worker.run((memory) => memory.pause()).catch(() => {}); // `run` tells why
    this.#changed();
  }

  /** Whether this network has solved the problem. */
  arrived({ points }: Lane): boolean {
    return points.at(-1)?.solved ?? false;
  }

  #changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
