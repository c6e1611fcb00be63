export const en = {
  tagline: "An LSTM at work, on real weights, in your browser",
  skip: "Skip to the content",
  panels: "Panels",
  language: "Language",
  theme: "Theme",
  themes: { system: "System", light: "Light", dark: "Dark" },
  loading: "Loading …",
  failed: (reason: string) => `This panel could not be shown: ${reason}`,
  privacy: "Everything runs on this machine. Nothing that you type, draw, say or open leaves it.",
  licences: "Licences",
};
