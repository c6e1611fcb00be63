import type { Theme } from "../settings.js";

const themeChanged = new EventTarget();
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
systemIsDark.addEventListener("change", () => themeChanged.dispatchEvent(new Event("change")));

/** Sets the theme of the page: the colours of style.css follow `color-scheme`. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  themeChanged.dispatchEvent(new Event("change"));
}

/** Calls when the colours have changed: what is drawn on a canvas must be drawn again. */
export function onTheme(redraw: () => void, signal: AbortSignal): void {
  themeChanged.addEventListener("change", redraw, { signal });
}

export type Rgb = readonly [red: number, green: number, blue: number];

/** The colours that were asked for, in the present theme: for each answer the browser computes the styles of the page. */
const known = new Map<string, Rgb>();
themeChanged.addEventListener("change", () => known.clear()); // the first listener: those that draw come later

/** The present value of a colour of style.css, such as `--accent`, from 0 to 255 each. */
export function colour(name: `--${string}`): Rgb {
  const value = known.get(name) ?? computed(name);
  known.set(name, value);
  return value;
}

function computed(name: string): Rgb {
  // A custom property is text until it is used: as the colour of an element the browser resolves it.
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map(Number);
  probe.remove();
  return [red, green, blue];
}

export const css = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;

/** Whether the visitor asks for less motion. Then nothing plays by itself. */
export const reducedMotion = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
