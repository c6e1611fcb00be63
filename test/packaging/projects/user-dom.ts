/** What a user of TypeScript writes where there is a DOM; only compiled. */
import { LSTM } from "lstm-wasm";
import { save } from "lstm-wasm/safetensors";
import { saveCheckpoint } from "lstm-wasm/train";

const lstm = new LSTM({ inputSize: 1, hiddenSize: 2 });
const [output] = lstm.forward([[1]]);

export const blob = new Blob([
  output.data,
  output.select(0, 0).data,
  save(lstm.stateDict()),
  saveCheckpoint({ model: lstm }),
]);
