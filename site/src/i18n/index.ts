import { en } from "./en.js";
import { zh } from "./zh.js";

export type Language = "en" | "zh";

/** The strings of the page around the panels. A panel has its own, in its folder. */
export const frameStrings: Record<Language, typeof en> = { en, zh };

/** The values of the `lang` attribute. */
export const LANG: Record<Language, string> = { en: "en", zh: "zh-Hans" };
