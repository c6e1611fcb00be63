import { all } from "./all.js";
import { outcome } from "./report.js";

// The whole package in an audio thread's scope, run when the node is made.
registerProcessor(
  "check",
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      outcome(all).then((found) => this.port.postMessage(found));
    }

    process() {
      return true;
    }
  },
);
