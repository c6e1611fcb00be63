/**
 * A browser on a system without a language (the locale C) says that its language is "C", which `Intl` refuses. uPlot asks for
 * number formats of the browser's language as it is loaded: import this before.
 */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en" });
}
