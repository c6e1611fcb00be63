/** A new SVG element with attributes and children. */
export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[Name] {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** The colour of a value, by the theme: from `--negative` at -limit over `--zero` at 0 to `--positive` at limit. */
export function fill(value: number, limit: number): string {
  const share = Math.min(1, Math.abs(value) / limit);
  return `color-mix(in srgb, var(${value < 0 ? "--negative" : "--positive"}) ${(100 * share).toFixed(1)}%, var(--zero))`;
}
