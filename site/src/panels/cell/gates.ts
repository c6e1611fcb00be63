/** What `trace` gives of an LSTM, the gates in PyTorch's order. */
export const GATES = ["i", "f", "g", "o", "c", "h"] as const;
export type Gate = (typeof GATES)[number];
