import { element } from "../../ui/element.js";

/** A place for what went wrong. It is an alert, which screen readers say at once, only while there is something. */
export class Alert {
  readonly element = element("div", { className: "train-alert" });

  say(text: string | undefined): void {
    this.element.replaceChildren(...(text ? [element("p", { role: "alert" }, text)] : []));
  }
}
