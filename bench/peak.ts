/**
 * The peak: how many multiplications and additions this machine and this engine can do in a second, with 128-bit lanes and
 * operands in L1. `tiles.ts` has the loops. They come assembled, so that a browser needs no assembler.
 */
import type { Tile } from "./tiles.js";

/** A loop that runs into one limit. */
export interface Loop {
  readonly run: () => void;
  /** Multiplications and additions of a run. */
  readonly flops: number;
}

/** A tile of `tiles.ts` as a WebAssembly module. */
export interface TileModule extends Pick<Tile, "name" | "flops"> {
  readonly bytes: BufferSource;
}

/** Milliseconds of one round, at least. */
const SLICE = 1;
/** Rounds of that length; there are fewer of longer ones. */
const ROUNDS = 96;
/** Milliseconds. */
const WARM_UP = 100;

/** GFLOP/s of each loop by its name. @param slice milliseconds of one round, for a clock that is coarse */
export function speedsOf(modules: readonly TileModule[], slice?: number): Record<string, number> {
  return Object.fromEntries(
    modules.map(({ name, flops, bytes }) => [name, (flops / secondsOf(instantiate(bytes, "tile"), slice)) * 1e-9]),
  );
}

/** The fastest loop, to take its turn with what is measured against it. @param speeds as `speedsOf` returns them */
export function fastestLoop(modules: readonly TileModule[], speeds: Readonly<Record<string, number>>): Loop {
  const speed = ({ name }: TileModule) => speeds[name] as number;
  const { flops, bytes } = modules.reduce((best, module) => (speed(module) > speed(best) ? module : best));
  const repeat = instantiate(bytes, "tile");
  const times = 100;
  return { run: () => void repeat(times), flops: flops * times };
}

type Kernel = (...parameters: number[]) => unknown;

/** The function `name` of a module that has a memory of its own and imports nothing. */
export function instantiate(bytes: BufferSource, name: string): Kernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  // Memory that was never written is one page of zeros to the system, and so would always be in L1.
  new Float32Array((exports.memory as WebAssembly.Memory).buffer).fill(0.5);
  return exports[name] as Kernel;
}

/** Seconds of one of `times`, in the best round. */
export function secondsOf(repeat: (times: number) => unknown, slice = SLICE): number {
  let times = 1;
  const time = () => {
    const start = performance.now();
    repeat(times);
    return performance.now() - start;
  };
  // Engines compile a loop well in the background, and run that code from the next call on.
  const start = performance.now();
  while (performance.now() - start < WARM_UP) if (time() < slice) times *= 2;
  let best = Number.POSITIVE_INFINITY;
  const rounds = Math.max(8, Math.round((ROUNDS * SLICE) / slice));
  for (let round = 0; round < rounds; ) {
    const took = time();
    if (took < slice) {
      times *= 2; // in the warm-up it was slower
    } else {
      best = Math.min(best, took / times);
      round++;
    }
  }
  return best / 1000;
}
