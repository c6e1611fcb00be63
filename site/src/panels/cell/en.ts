export const en = {
  intro:
    "The model reads a Chinese text in both directions and chooses how each character is pronounced. Here are the gates and states of its LSTM, 32 units, for every step.",
  text: "Text",
  direction: "Direction",
  directions: { forward: "Forward", reverse: "Reverse" },
  gates: {
    i: "i, input gate",
    f: "f, forget gate",
    g: "g, candidate",
    o: "o, output gate",
    c: "c, cell state",
    h: "h, output",
  },
  heatmap: "heat map",
  begin: "start",
  end: "end",
  readings: "What the model reads",
  selected: (unit: number, step: string) => `Unit ${unit} at “${step}”`,
  cell: (unit: number, step: string, value: string) => `unit ${unit}, ${step}: ${value}`,
};
