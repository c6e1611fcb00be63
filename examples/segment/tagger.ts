import { LSTM, PackedSequence, type Tensor } from "lstm-wasm";
import { Dropout, Embedding, Linear } from "lstm-wasm/nn";
import { load, loadMetadata, save } from "lstm-wasm/safetensors";
import { unchanged } from "../variant.js";
import type { Batch } from "./batches.js";
import { TAGS } from "./tags.js";
import { PADDING, Vocabulary } from "./vocabulary.js";

const EMBEDDING = 64;
const HIDDEN = 128;
const DROPOUT = 0.2;

export interface TaggerOptions {
  /** Whether the LSTM reads each piece from its end too, as the example does. */
  readonly bidirectional?: boolean | undefined;
  /** Of each direction; 128 by default. */
  readonly hiddenSize?: number | undefined;
}

/**
 * The model, from characters to the tags' logits:
 *
 *     ids → Embedding(64) → Dropout → LSTM(128, both directions) → Dropout → Linear(256 → 4)
 *
 * Every module but the LSTM works character by character, so a packed batch's rows pass through them as they are.
 */
export class Tagger {
  readonly vocabulary: Vocabulary;
  /** The modules that have parameters, by their prefix in the saved model: PyTorch's names. */
  readonly modules: { readonly embedding: Embedding; lstm: LSTM; readonly linear: Linear };
  readonly dropouts: readonly [Dropout, Dropout];

  constructor(vocabulary: Vocabulary, seed: number, { bidirectional = true, hiddenSize = HIDDEN }: TaggerOptions = {}) {
    const outputs = bidirectional ? 2 * hiddenSize : hiddenSize;
    this.vocabulary = vocabulary;
    this.modules = {
      embedding: new Embedding({
        numEmbeddings: vocabulary.size,
        embeddingDim: EMBEDDING,
        paddingIdx: PADDING,
        seed,
      }),
      lstm: new LSTM({ inputSize: EMBEDDING, hiddenSize, bidirectional, seed: seed + 1 }),
      linear: new Linear({ inFeatures: outputs, outFeatures: TAGS, seed: seed + 2 }),
    };
    this.dropouts = [new Dropout({ p: DROPOUT, seed: seed + 3 }), new Dropout({ p: DROPOUT, seed: seed + 4 })];
  }

  /** The logits of every character of a batch: (characters, 4). */
  forward({ ids, sizes }: Batch): Tensor {
    const { embedding, lstm, linear } = this.modules;
    const [before, after] = this.dropouts;
    const x = before.forward(embedding.forward({ data: ids, shape: [ids.length] }));
    const [{ data }] = lstm.forward(new PackedSequence(x, sizes));
    return linear.forward(after.forward(data));
  }

  /** Back through the last forward: the gradients of its logits to those of all parameters. */
  backward(logits: Tensor, { sizes }: Batch): void {
    const { embedding, lstm, linear } = this.modules;
    const [before, after] = this.dropouts;
    const output = after.backward(linear.backward(logits));
    const { input } = lstm.backward(new PackedSequence(output, sizes));
    embedding.backward(before.backward(input.data));
  }

  parameters() {
    return Object.values(this.modules).flatMap((module) => module.parameters());
  }

  train(mode = true): void {
    for (const module of [...Object.values(this.modules), ...this.dropouts]) module.train(mode);
  }

  /** The bytes of a safetensors file that `fromBytes` reads, and PyTorch does. */
  toBytes(): Uint8Array {
    const entries = Object.entries(this.modules).flatMap(([prefix, module]) =>
      Object.entries(module.stateDict()).map(([name, tensor]) => [`${prefix}.${name}`, tensor] as const),
    );
    return save(Object.fromEntries(entries), { format: "pt", vocabulary: this.vocabulary.characters });
  }

  /** What `toBytes` wrote, with a `variant` of its LSTM. */
  static fromBytes(bytes: Uint8Array, variant = unchanged): Tagger {
    const { vocabulary = "" } = loadMetadata(bytes);
    const weights = load(bytes);
    const tagger = new Tagger(new Vocabulary(vocabulary), 0, {
      bidirectional: "lstm.weight_hh_l0_reverse" in weights,
      hiddenSize: weights["lstm.weight_hh_l0"]?.shape[1],
    });
    for (const [prefix, module] of Object.entries(tagger.modules)) {
      module.loadStateDict(weights, { prefix: `${prefix}.` });
    }
    tagger.modules.lstm = variant(tagger.modules.lstm);
    return tagger;
  }

  dispose(): void {
    for (const module of Object.values(this.modules)) module.dispose();
  }
}
