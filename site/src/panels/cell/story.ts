export type CellName = "lstm" | "gru" | "rnn";

/** What a run is called: the direction of the bidirectional LSTM, or the cell where three cells read the same text. */
export type RunName = "forward" | "reverse" | CellName;

/**
 * One cell reading one character. The values by name, a number for each unit (of x: for each input): `x`, `h0` and `c0`,
 * which are h and c of the step before, what `trace` gives, `kept` and `added`, whose sum is the new state, and the
 * pre-activations `a_f`, `a_i`, ...
 */
export interface Step {
  /** Where the character stands in the text, from 0. */
  readonly position: number;
  readonly values: Readonly<Record<string, Float32Array | Float64Array>>;
}

/** One cell going through the text in one direction. */
export interface Run {
  readonly name: RunName;
  readonly cell: CellName;
  /** How many units the cell has. */
  readonly units: number;
  /** In the order of reading. */
  readonly steps: readonly Step[];
}

/** What the model concludes at one position. */
export type Conclusion =
  /** The pinyin, and the probability if the character has several readings; empty where there is nothing to read. */
  | { readonly kind: "pinyin"; readonly pinyin: string; readonly probability: number | undefined }
  /** The right digit, and what each cell answers, in the order of the runs. */
  | { readonly kind: "digit"; readonly digit: number; readonly answers: readonly number[] };

/** All that happens when a text is read. */
export interface Story {
  /** What is read, character by character. `undefined` stands for the marks that the pinyin model puts at both ends. */
  readonly symbols: readonly (string | undefined)[];
  /** Whether the model knows each of them. */
  readonly known: readonly boolean[];
  readonly runs: readonly Run[];
  /** One for each position. */
  readonly conclusions: readonly Conclusion[];
  /** The largest magnitudes of x and of the cell state, for the colours. */
  readonly scale: { readonly x: number; readonly c: number };
}
