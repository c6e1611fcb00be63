export const OURS = "lstm-wasm";

/** A colour for each contestant, from Okabe and Ito's palette and Tol's, which colour-blind readers can tell apart. */
const COLOURS: Readonly<Record<string, string>> = {
  [OURS]: "#d55e00",
  "lstm-wasm relaxed": "#e69f00",
  "lstm-wasm, GRU": "#b07aa1",
  "lstm-wasm, RNN": "#7a5230",
  "plain JS": "#000000",
  "onnxruntime-web": "#0072b2",
  "onnxruntime-node": "#56b4e9",
  PyTorch: "#882255",
  "tfjs wasm": "#009e73",
  "tfjs cpu": "#8fc9a8",
  "jax-js": "#cc79a7",
};

export function colourOf(name: string): string {
  return COLOURS[name] ?? "#555555";
}

export function isOurs(name: string): boolean {
  return name.startsWith(OURS);
}

/** The variants without `out` are for the tables: in a chart they would lie on the others. */
export function isDrawn(name: string): boolean {
  return !name.endsWith(", no out");
}
