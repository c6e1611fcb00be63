import { type PlotOptions, plot } from "@observablehq/plot";
import { parseHTML } from "linkedom";

export const FONT = "font-family: system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

/** A plot as SVG text that stands alone: on white, since the page under it may be dark. */
export function drawn(options: PlotOptions): string {
  const { document } = parseHTML("<html></html>");
  const { width = 760, height = 420 } = options;
  const style = `${FONT}; font-size: 12px; color: #222`;
  const element = plot({ ...options, width, height, document: document as unknown as Document });
  element.setAttribute("style", style); // Plot's own option assigns to a property that linkedom lets nobody assign to
  element.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return beside([{ svg: element.outerHTML, width }], height);
}

/** Plots side by side in one drawing. */
export function beside(parts: readonly { readonly svg: string; readonly width: number }[], height: number): string {
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  let x = 0;
  const inner = parts.map(({ svg, width }) => {
    const placed = svg.replace("<svg ", `<svg x="${x}" `);
    x += width;
    return placed;
  });
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`;
  return `${open}<rect width="${width}" height="${height}" fill="white"/>${inner.join("")}</svg>`;
}
