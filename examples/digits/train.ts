/** Trains the three models: `npx tsx examples/digits/train.ts` writes data/*.safetensors. The seed is fixed. */
import { join } from "node:path";
import type { Tensor } from "lstm-wasm";
import type { Sequential } from "lstm-wasm/nn";
import { writeFileAtomic } from "lstm-wasm/node";

import { save } from "lstm-wasm/safetensors";
import { Adam, clipGradNorm, mseLoss } from "lstm-wasm/train";
import { print, run } from "../terminal.js";
import { CELLS, type CellName, createModel, errorOf } from "./model.js";
import { batchOf, drawTexts } from "./task.js";

const STEPS = 2000;
const LEARNING_RATE = 0.03;

function train(cell: CellName): Sequential {
  const model = createModel(cell, 1);
  model.train();
  const optimizer = new Adam(model.parameters(), { lr: LEARNING_RATE });
  for (let step = 0; step < STEPS; step++) {
    const { input, target } = batchOf(drawTexts(32, 40, step));
    optimizer.zeroGrad();
    const { gradient } = mseLoss(model.forward(input) as Tensor, target);
    model.backward(gradient);
    clipGradNorm(model.parameters(), 1);
    optimizer.lr = LEARNING_RATE * (1 - step / STEPS);
    optimizer.step();
  }
  model.eval();
  return model;
}

run("train", async () => {
  for (const cell of CELLS) {
    const model = train(cell);
    await writeFileAtomic(join(import.meta.dirname, `data/${cell}.safetensors`), save(model.stateDict()));
    await print(`${cell}: off by ${errorOf(model).toFixed(3)} on average\n`);
  }
});
