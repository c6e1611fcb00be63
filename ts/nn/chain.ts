/** What can stand in a Sequential, and what it checks of its modules before anything runs through them. */
import { withArticle } from "../checks/describe.js";
import { LSTMError } from "../checks/errors.js";
import { mustBe } from "../checks/must-be.js";
import { Module } from "../parameters/module.js";
import { RecurrentCell } from "../recurrent/recurrent-cell.js";
import { RecurrentStack } from "../recurrent/recurrent-stack.js";
import type { PackedSequence } from "../tensor/packed-sequence.js";
import type { Tensor } from "../tensor/tensor.js";
import { Last } from "./last.js";

/**
 * A module that can stand in a chain: LSTM, GRU, RNN, everything in `lstm-wasm/nn`, and modules of one's own. `forward` returns
 * the output, alone or first in an array; `backward` returns the gradient of the input, alone or as `input` of an object.
 */
export type Chainable = Module & {
  /** Returns the output, alone or first in an array. */
  // biome-ignore lint/suspicious/noExplicitAny: each module has its own input
  forward(input: any): Tensor | PackedSequence | [Tensor | PackedSequence, unknown];
  /** Returns the gradient of the input, alone or as `input` of an object. */
  // biome-ignore lint/suspicious/noExplicitAny: and its own gradient and options
  backward(gradOutput: any, ...options: any[]): unknown;
};

/** Refuses what is no module, a cell of one step, and a module that is there twice. */
export function checkModules(entries: readonly [string, unknown][]): asserts entries is [string, Chainable][] {
  const kept = new Set<Module>();
  for (const [name, module] of entries) {
    if (!(module instanceof Module)) {
      throw mustBe(
        "OPTION",
        `Sequential: ${name}`,
        "a module of this entry (lstm-wasm/relaxed has lstm-wasm/relaxed/nn, slim has lstm-wasm/slim/nn)",
        module,
      );
    }
    if (module instanceof RecurrentCell) {
      const why = "it runs one step, and its caller carries the state from one to the next";
      const cell = withArticle(module.constructor.name);
      throw new LSTMError(
        "OPTION",
        `Sequential: ${name} is ${cell}, which cannot stand in a chain: ${why}; use LSTM, GRU or RNN`,
      );
    }
    for (const part of parts(module)) {
      if (kept.has(part)) {
        const why = "a module keeps one forward for its backward, so each place needs one of its own";
        throw new LSTMError("OPTION", `Sequential: ${name} is there twice; ${why}`);
      }
      kept.add(part);
    }
  }
}

/** A module and all that it is made of. */
const parts = (module: Module): Module[] => [module, ...module.namedChildren().flatMap(([, child]) => parts(child))];

/**
 * Refuses a Last, or a second LSTM, GRU or RNN, whose options say something else about its input than those of the one that
 * makes it.
 * Both readings have the same shapes, so nothing else would notice.
 *
 * @param modules in the order in which they run, with their names
 */
export function checkLayout(modules: readonly [string, Module][]): void {
  /** The LSTM, GRU or RNN whose rows the next module reads; `bidirectional` while the columns are still its own. */
  let source: { name: string; batchFirst: boolean; bidirectional: boolean | undefined } | undefined;
  for (const [name, module] of modules) {
    const recurrent = module instanceof RecurrentStack;
    if (source !== undefined && (recurrent || module instanceof Last) && module.batchFirst !== source.batchFirst) {
      const [from, to] = [`${source.name} has batchFirst: ${source.batchFirst}`, `${name} ${module.batchFirst}`];
      throw new LSTMError("OPTION", `Sequential: ${from}, ${to}; give both the same`);
    }
    if (source?.bidirectional !== undefined && module instanceof Last) checkHalves(source, name, module);
    const { keeps } = module as { keeps?: "rows" | "shape" };
    if (recurrent) source = { name, batchFirst: module.batchFirst, bidirectional: module.bidirectional };
    else if (keeps === undefined) source = undefined;
    else if (keeps === "rows" && source !== undefined) source.bidirectional = undefined;
  }
}

function checkHalves(source: { name: string; bidirectional: boolean | undefined }, name: string, last: Last): void {
  if (last.bidirectional && !source.bidirectional) {
    const why = `so the second half of its columns is of no reverse direction; make ${name} without bidirectional`;
    throw new LSTMError("OPTION", `Sequential: ${name} has bidirectional: true, but ${source.name} has not, ${why}`);
  }
  if (source.bidirectional && !last.saysBidirectional) {
    const choice = "true for torch.cat([hn[-2], hn[-1]], 1), false for output[-1]";
    throw new LSTMError("OPTION", `Sequential: ${source.name} is bidirectional; give ${name} bidirectional: ${choice}`);
  }
}
