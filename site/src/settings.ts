import type { Language } from "./i18n/index.js";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** The visitor's language: the one chosen before, else the browser's first one that the site has. */
export function language(): Language {
  const wanted = [recall("language"), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return wanted.find((tag): tag is Language => tag === "en" || tag === "zh") ?? "en";
}

export function rememberLanguage(language: Language): void {
  remember("language", language);
}

export function theme(): Theme {
  return THEMES.find((theme) => theme === recall("theme")) ?? "system";
}

export function rememberTheme(theme: Theme): void {
  remember("theme", theme);
}

/** Browsers refuse storage in some private windows and frames. The site then works without a memory. */
function recall(key: string): string | null {
  try {
    return localStorage.getItem(`lstm-wasm.${key}`);
  } catch {
    return null;
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`lstm-wasm.${key}`, value);
  } catch {
    // Nothing is lost but the choice at the next visit.
  }
}
