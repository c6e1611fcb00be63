import { LSTMError } from "../checks/errors.js";
import { checkObject } from "../checks/options.js";

/** Options of `backward`. */
export interface BackwardOptions {
  /**
   * The output of the forward to go back through, as that forward returned it. Needed when several training forwards
   * wait, as in an encoder that two inputs share.
   */
  of?: object | undefined;
}

/** The warning is given once: every module of a model would give it. */
let warned = false;

/** A training forward by its output, with the version of the weights that it ran with. */
interface Waiting<Saved> {
  readonly output: object;
  readonly version: number;
  readonly saved: Saved;
}

/**
 * The training forwards of a module that wait for their backward, oldest first.
 *
 * A backward must go back through the forward that its gradient belongs to. With one waiting there is no doubt; with
 * several the caller names it by its output.
 */
export class Pending<Saved> {
  readonly #waiting: Waiting<Saved>[] = [];
  readonly #owner: string;
  readonly #version: () => number;
  readonly #many: number;

  /**
   * @param owner what an error calls the module
   * @param version a number that grows when weights change that a backward reads
   * @param many so many forwards that wait are rather forgotten than meant; each keeps memory
   */
  constructor(owner: string, version: () => number, many = 100) {
    this.#owner = owner;
    this.#version = version;
    this.#many = many;
  }

  /** Notes a training forward by what it returned. */
  push(output: object, saved: Saved): void {
    const waiting = this.#waiting.push({ output, version: this.#version(), saved });
    if (waiting !== this.#many || warned) return;
    warned = true;
    const cure = "eval() or discardPending() frees it";
    globalThis.console?.warn(
      `${this.#owner}: ${waiting} training forwards wait for their backward and keep memory; ${cure}`,
    );
  }

  /**
   * What was saved of the forward that a backward with these options is meant for.
   *
   * @throws LSTMError `NO_FORWARD`, or `STALE_FORWARD` if it is in doubt or its weights have changed
   */
  find(training: boolean, options: BackwardOptions | undefined): Saved {
    const { of } = checkObject("backward", options ?? {}, ["of"]);
    const named = of === undefined ? this.#waiting : this.#waiting.filter(({ output }) => output === of);
    if (named.length > 1) throw this.#doubt(named.length, of !== undefined);
    return this.#usable(named[0], training, of !== undefined);
  }

  /** What was saved of the latest, where forwards are gone back through in reverse. */
  last(training: boolean): Saved {
    return this.#usable(this.#waiting.at(-1), training);
  }

  /**
   * The place of what was saved, the oldest being 0, found again after code of the caller's may have run: a getter in a
   * gradient can have gone back already, or written weights.
   */
  indexOf(saved: Saved, training: boolean): number {
    const index = this.#waiting.findIndex((entry) => entry.saved === saved);
    this.#usable(this.#waiting[index], training);
    return index;
  }

  /** Takes one out. */
  remove(index: number): void {
    this.#waiting.splice(index, 1);
  }

  /** Gives the latest up; returns what was saved of it. */
  removeLast(): Saved | undefined {
    return this.#waiting.pop()?.saved;
  }

  /** Gives all up. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** What was saved of a forward, if it is there and its weights are those of now; `named` if the caller named it. */
  #usable(waiting: Waiting<Saved> | undefined, training: boolean, named = false): Saved {
    if (waiting === undefined) throw this.#none(training, named);
    if (waiting.version !== this.#version()) throw staleForward(this.#owner);
    return waiting.saved;
  }

  #none(training: boolean, named: boolean): LSTMError {
    if (!named || !training) return noForward(this.#owner, training);
    const what = "of must be the very object that forward returned in training mode, and not gone back through yet";
    return new LSTMError("NO_FORWARD", `${this.#owner}.backward: ${what}`);
  }

  #doubt(count: number, named: boolean): LSTMError {
    const why = named
      ? `${count} training forwards wrote into this output (their option out)`
      : `${count} training forwards wait, and any may be meant`;
    const cure =
      "name one by its output, backward(..., { of: output }), or call discardPending() before the next forward";
    return new LSTMError("STALE_FORWARD", `${this.#owner}.backward: ${why}: ${cure}`);
  }
}

/** The error of a backward that has nothing to go back through. */
export function noForward(owner: string, training: boolean): LSTMError {
  const cure = training
    ? "every backward needs a forward of its own before it"
    : "call train() and then forward; in eval mode nothing is kept";
  return new LSTMError("NO_FORWARD", `${owner}.backward: there is no training forward to go back through: ${cure}`);
}

/** The error of a backward whose forward ran with other weights. */
export function staleForward(owner: string): LSTMError {
  const why = "weights changed after the forward, so its gradients would be wrong";
  const cure = "go back before the weights change, or run forward again";
  return new LSTMError("STALE_FORWARD", `${owner}.backward: ${why}: ${cure}`);
}
