import * as core from "lstm-wasm";
import * as nn from "lstm-wasm/nn";
import * as safetensors from "lstm-wasm/safetensors";
import * as train from "lstm-wasm/train";
import { checkCore, checkTraining } from "./check.js";

/** Runs everything on the package as a project imports it. */
export const all = () => ({
  core: checkCore(core),
  training: checkTraining({ ...core, ...safetensors, ...nn, ...train }),
});
