import { checkCount, checkObject } from "../checks/options.js";
import { Recurrent } from "./recurrent.js";
import type { DropoutDraw } from "./results.js";

/** What modules of several layers have beyond a cell: their options, and what dropout between the layers draws from. */
export abstract class RecurrentStack extends Recurrent {
  #draw: DropoutDraw | undefined;
  /** @internal What the last training forward drew its masks from. */
  protected lastDraw: DropoutDraw | undefined;

  /** Layers, each reading the output of the one below. */
  get numLayers(): number {
    return this.object.options.numLayers;
  }
  /** Whether input and output are (batch, seq, .) instead of (seq, batch, .). */
  get batchFirst(): boolean {
    return this.object.options.batchFirst;
  }
  /** In training, the probability of zeroing a value between two layers. */
  get dropout(): number {
    return this.object.options.dropout;
  }
  /** Whether each layer also reads the sequence backwards. */
  get bidirectional(): boolean {
    return this.object.options.bidirectional;
  }
  /** Columns that h is projected to; 0 for no projection. */
  get projSize(): number {
    return this.object.options.projSize;
  }
  /** In training, c is kept only every so many steps; 0 if at each. */
  get checkpointEvery(): number {
    return this.object.options.checkpointEvery;
  }

  /**
   * What the next training forward draws its dropout masks from: the seed, and how many such forwards there were. Set an
   * earlier value to replay its masks.
   */
  get dropoutDraw(): { seed: number; call: number } {
    this.#draw ??= { seed: this.seed, call: 0 };
    return { ...this.#draw };
  }
  set dropoutDraw(draw: { seed: number; call: number }) {
    const given = checkObject("dropoutDraw", draw, ["seed", "call"]);
    this.#draw = { seed: checkCount("seed", given.seed), call: checkCount("call", given.call) };
  }

  /** @internal What this forward's masks are drawn from; undefined without dropout. */
  protected nextDraw(): DropoutDraw | undefined {
    if (this.dropout === 0) return undefined;
    const draw = this.dropoutDraw;
    this.#draw = { ...draw, call: draw.call + 1 };
    this.lastDraw = draw;
    return draw;
  }
}
