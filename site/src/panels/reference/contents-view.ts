import { contents } from "virtual:reference";
import { element } from "../../ui/element.js";
import { hrefOf } from "./address.js";
import type { en } from "./en.js";
import { entryLink, pageLink, pagesFor } from "./entry-view.js";

/** As wide as the contents stand beside the text; reference.css says the same. */
const WIDE = matchMedia("(min-width: 60rem)");

/** The list of all pages and exports. */
export class ContentsView {
  readonly element: HTMLElement;

  constructor(strings: typeof en, language: string, signal: AbortSignal) {
    const pages = pagesFor(language).map((page) => element("li", {}, pageLink(page)));
    const entries = contents.entries.map(({ name, items }) => {
      const links = items
        .filter(({ exported }) => exported)
        .map((item) =>
          element("li", {}, element("a", { href: hrefOf(`${name}/${item.name}`) }, element("code", {}, item.name))),
        );
      return element(
        "details",
        {},
        element("summary", {}, element("code", {}, name)),
        element("ul", {}, element("li", {}, entryLink(name)), ...links),
      );
    });
    const list = element(
      "div",
      { role: "navigation", ariaLabel: strings.contents },
      element("details", {}, element("summary", {}, strings.guides), element("ul", {}, ...pages)),
      ...entries,
    );
    const whole = element("details", { className: "contents" }, element("summary", {}, strings.contents), list);
    const fold = () => {
      whole.open = WIDE.matches;
    };
    WIDE.addEventListener("change", fold, { signal });
    fold();
    this.element = whole;
  }

  /** Marks the document that is shown, and opens the list it stands in. */
  show(address: string): void {
    for (const link of this.element.querySelectorAll("a")) {
      const here = link.hash === encodeURI(hrefOf(address));
      link.ariaCurrent = here ? "page" : null;
      const list = link.closest("details");
      if (here && list !== null) list.open = true;
    }
    if (!WIDE.matches) (this.element as HTMLDetailsElement).open = false; // it would hide what was chosen
  }
}
