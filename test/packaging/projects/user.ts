/** What a user of TypeScript writes; only compiled. Every entry, and what must not compile. */
import {
  LSTM,
  LSTMCell,
  LSTMError,
  type LSTMErrorCode,
  type PackedSequence,
  packSequence,
  type Tensor,
} from "lstm-wasm";
import module from "lstm-wasm/lstm.wasm";
import { Linear, Sequential } from "lstm-wasm/nn";
import { writeFileAtomic } from "lstm-wasm/node";
import { load, save } from "lstm-wasm/safetensors";
import { init, type ModuleSource, LSTM as SlimLSTM } from "lstm-wasm/slim";
import { Adam } from "lstm-wasm/train";

const lstm: LSTM = new LSTM({ inputSize: 1, hiddenSize: 2 });
const [output, [hn, cn]]: [Tensor, [Tensor, Tensor]] = lstm.forward([[1], [2]]);
const [packed]: [PackedSequence, unknown] = lstm.forward(packSequence([[[1]]]), [hn, cn]);
const onnx = lstm.forward({ data: new Float32Array(2), dims: [2, 1] });
const loaded: LSTM = LSTM.fromStateDict(load(save(lstm.stateDict())), { batchFirst: true });
const code = (error: unknown): LSTMErrorCode | undefined => (error instanceof LSTMError ? error.code : undefined);
const [h]: [Tensor, Tensor] = new LSTMCell({ inputSize: 1, hiddenSize: 2 }).forward([1]);
const y: Float32Array = lstm.stream({ batchSize: 2 }).step(new Float32Array(2));
const again: Tensor = lstm.forward(output.toArray())[0];
const rows: number[][] = output.toArray(2);
// @ts-expect-error three numbers deep, not two
const wrong: number[][] = output.toArray(3);
const [traced] = lstm.trace([[1]]).layers;
const [only] = lstm.trace([[1]], null, { only: ["f", "c"] }).layers;
const gates: (Tensor | undefined)[] = [traced?.i, only?.f, only?.c];
const gate: Tensor = lstm.trace([[1]]).layers.map(({ o }) => o)[0] as Tensor;
// @ts-expect-error left out by `only`
only?.o;
// @ts-expect-error the state is both or neither
lstm.forward([[1]], [hn]);
// @ts-expect-error an option of PyTorch's spelling
new LSTM({ input_size: 1, hidden_size: 2 });
const model: Sequential = new Sequential([lstm, new Linear({ inFeatures: 2, outFeatures: 1 })]);
const adam: Adam = new Adam(model.parameters());
const slim: Promise<void> = init(module);
const bytes: ModuleSource = new Uint8Array(3);
// @ts-expect-error a path is no module
init("lstm.wasm");
const written: Promise<void> = writeFileAtomic("model.safetensors", save(lstm.stateDict()));

export {
  adam,
  again,
  bytes,
  code,
  gate,
  gates,
  h,
  loaded,
  onnx,
  output,
  packed,
  rows,
  SlimLSTM,
  slim,
  written,
  wrong,
  y,
};
