import { button } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import type { en } from "./en.js";

/** Where files come in: dropped anywhere on the page, chosen in a dialog, or the sample. */
export class DropZone {
  readonly element: HTMLElement;

  constructor(options: {
    strings: typeof en;
    signal: AbortSignal;
    onFiles: (files: readonly File[]) => void;
    onSample: () => void;
  }) {
    const { strings, signal, onFiles, onSample } = options;
    const input = element("input", { type: "file", multiple: true, hidden: true, ariaLabel: strings.choose });
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = ""; // the same file may be chosen again
      if (files.length > 0) onFiles(files);
    });
    this.element = element(
      "div",
      { className: "drop-zone" },
      element("p", { className: "drop-here" }, strings.drop),
      element(
        "div",
        { className: "row" },
        button(strings.choose, () => input.click(), "primary"),
        button(strings.sample, onSample),
        input,
      ),
      element("p", { className: "muted" }, strings.kinds),
      element("p", { className: "muted" }, strings.sampleIs),
    );
    const drag = (event: DragEvent, over: boolean) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // else the browser would leave the page and show the file
      this.element.classList.toggle("over", over);
    };
    document.addEventListener("dragover", (event) => drag(event, true), { signal });
    document.addEventListener("dragleave", (event) => drag(event, event.relatedTarget !== null), { signal });
    document.addEventListener(
      "drop",
      (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        drag(event, false);
        onFiles([...event.dataTransfer.files]);
      },
      { signal },
    );
  }
}
