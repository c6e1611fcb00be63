/** How far h(t) goes from float32's, over many steps of normal input, with weights as PyTorch draws them. */
import { GRU, LSTM, Tensor } from "lstm-wasm";
import type { Variant } from "../../examples/variant.js";
import { compared, type Each, furthest } from "./variants.js";

export interface StatesOptions {
  readonly steps: number;
  readonly sizes: readonly (readonly [inputSize: number, hiddenSize: number])[];
}

/** A cell of a size. */
export interface StatesFigures {
  readonly cell: "LSTM" | "GRU";
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** The largest difference of any value of any step. */
  readonly furthest: Each<number>;
}

/** What LSTM and GRU have in common. */
interface Layers {
  forward(input: Tensor): readonly [output: Tensor, state: unknown];
  dispose(): void;
}

export function states({ steps, sizes }: StatesOptions): StatesFigures[] {
  return ([LSTM, GRU] as const).flatMap((Layer) =>
    sizes.map(([inputSize, hiddenSize]) => {
      const input = Tensor.randn([steps, 1, inputSize], { seed: 2 });
      const run = (variant: Variant, input: Tensor) => {
        const layer: Layers = variant<LSTM | GRU>(new Layer({ inputSize, hiddenSize, seed: 1 }));
        const [{ data }] = layer.forward(input);
        layer.dispose();
        return data;
      };
      const each = compared(
        (variant) => run(variant, Tensor.randn([steps, 1, inputSize], { seed: 3 })),
        (variant) => run(variant, input),
        furthest,
      );
      return { cell: Layer === LSTM ? "LSTM" : "GRU", inputSize, hiddenSize, furthest: each };
    }),
  );
}
