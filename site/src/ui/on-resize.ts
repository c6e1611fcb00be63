/**
 * Calls `draw` when an element has got its first size or another one, in the next frame. What is drawn at once may change the
 * element's height while the browser still tells of sizes, which it reports as an error of the page.
 */
export function onResize(element: Element, draw: () => void, signal: AbortSignal): void {
  let frame = 0;
  const observer = new ResizeObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(draw);
  });
  observer.observe(element);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    cancelAnimationFrame(frame);
  });
}
