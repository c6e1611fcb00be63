import type { CellName } from "../../../../bench/claims/cells.js";
import type { Curve } from "../../ui/chart.js";
import type { Strings } from "./index.js";

/** The cells as PyTorch begins them. */
const PLAIN: readonly CellName[] = ["RNN (tanh)", "RNN (relu)", "GRU", "LSTM"];

/** The cells side by side; the last one is an LSTM with a forget bias of the visitor's choice. */
export const cellsWith = (forgetBias: number): readonly CellName[] => [...PLAIN, `LSTM, forget bias ${forgetBias}`];

/** A colour for each kind of cell, and dashes for its second one. */
const STYLES: readonly Omit<Curve, "label">[] = [
  { colour: "--curve-2" },
  { colour: "--curve-2", dash: [6, 4] },
  { colour: "--curve-3" },
  { colour: "--curve-1" },
  { colour: "--curve-1", dash: [6, 4] },
];

/** The curves of `cellsWith`, in its order. */
export function curves({ cell, chosen }: Strings): Curve[] {
  return STYLES.map((style, i) => {
    const name = PLAIN[i];
    return { label: name === undefined ? chosen : cell(name), ...style };
  });
}
