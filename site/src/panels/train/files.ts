import { button } from "../../ui/controls.js";
import { element } from "../../ui/element.js";

/** A button that lets the visitor choose a file. */
export function openButton(options: { label: string; accept: string; onOpen: (file: File) => void }): HTMLElement {
  const { label, accept, onOpen } = options;
  const input = element("input", { type: "file", accept, hidden: true, ariaLabel: label });
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file !== undefined) onOpen(file);
    input.value = ""; // the same file may be chosen again
  });
  return element(
    "span",
    {},
    button(label, () => input.click()),
    input,
  );
}
