import type { PanelContext } from "../../panel.js";
import { element } from "../../ui/element.js";
import { hrefOf } from "./address.js";
import type { en } from "./en.js";
import type { Hit, Search } from "./search.js";

const MOST = 12;
/** In UTF-16 units, on each side of what was found. */
const AROUND = 70;

/** A field, and under it what it finds: a combobox as WAI-ARIA describes it, of which Enter opens the chosen option. */
export function searchBox(strings: typeof en, search: Search, { announce, signal }: PanelContext): HTMLElement {
  const list = element("div", { id: "reference-results", role: "listbox", ariaLabel: strings.search, hidden: true });
  const input = element("input", {
    id: "reference-search",
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: false,
    maxLength: 100,
    ariaAutoComplete: "list",
    ariaExpanded: "false",
  });
  input.setAttribute("aria-controls", list.id);
  const nothing = element("p", { className: "nothing", hidden: true });
  let asked = 0;

  const options = () => [...list.children] as HTMLElement[];
  const chosen = () => options().find(({ ariaSelected }) => ariaSelected === "true");
  const choose = (option: HTMLElement | undefined) => {
    for (const each of options()) each.ariaSelected = String(each === option);
    option?.scrollIntoView({ block: "nearest" });
    if (option === undefined) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", option.id);
  };
  const show = (open: boolean) => {
    list.hidden = !open || list.children.length === 0;
    input.ariaExpanded = String(!list.hidden);
    if (list.hidden) choose(undefined);
  };
  const close = () => {
    asked++; // an answer that comes now is late
    show(false);
    nothing.hidden = true;
  };
  const open = (option: HTMLElement) => {
    close();
    location.hash = option.dataset.href as string;
  };

  const ask = async () => {
    const query = input.value.trim();
    const number = ++asked;
    const hits = query === "" ? [] : await search.find(query, MOST);
    if (number !== asked || signal.aborted) return;
    list.replaceChildren(...hits.map(optionOf));
    show(true);
    nothing.hidden = query === "" || hits.length > 0;
    nothing.textContent = nothing.hidden ? "" : strings.nothing(query);
    if (query !== "") announce(hits.length === 0 ? strings.nothing(query) : strings.found(hits.length));
  };

  const tell = (error: unknown) => {
    nothing.hidden = false;
    nothing.textContent = String(error);
  };
  input.addEventListener("focus", () => search.load().catch(tell), { signal });
  input.addEventListener("input", () => ask().catch(tell), { signal });
  input.addEventListener("click", () => show(true), { signal });
  input.addEventListener("blur", close, { signal });
  input.addEventListener(
    "keydown",
    (event) => {
      const all = options();
      const at = all.indexOf(chosen() as HTMLElement);
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        show(true);
        const step = event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1;
        choose(all[(at + step + all.length) % all.length]);
      } else if (event.key === "Enter") {
        const option = chosen() ?? all[0];
        if (option !== undefined && !list.hidden) open(option);
      } else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    },
    { signal },
  );
  // The field keeps the focus, so that its keys still work.
  list.addEventListener("pointerdown", (event) => event.preventDefault(), { signal });
  list.addEventListener(
    "click",
    ({ target }) => {
      const option = (target as Element).closest<HTMLElement>("[role=option]");
      if (option !== null) open(option);
    },
    { signal },
  );
  const label = element("label", { htmlFor: input.id }, strings.search);
  return element("div", { className: "search", role: "search" }, label, input, list, nothing);
}

function optionOf({ id, title, place, text, words }: Hit, index: number): HTMLElement {
  const option = element(
    "div",
    { id: `reference-result-${index}`, role: "option", ariaSelected: "false" },
    element("div", {}, element("strong", {}, title), " ", element("span", { className: "muted" }, place)),
    element("div", { className: "excerpt muted" }, ...excerpt(text, words)),
  );
  option.dataset.href = hrefOf(id);
  return option;
}

/** What stands around the first of the words, which are marked. */
function excerpt(text: string, words: readonly string[]): Node[] {
  const all = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(${all.join("|")})`, "giu");
  const at = Math.max(0, text.search(pattern));
  const start = at <= AROUND ? 0 : text.indexOf(" ", at - AROUND) + 1;
  const space = text.indexOf(" ", at + 2 * AROUND);
  const end = space < 0 ? text.length : space;
  const shown = `${start > 0 ? "… " : ""}${text.slice(start, end)}${end < text.length ? " …" : ""}`;
  return shown
    .split(pattern)
    .map((part, index) => (index % 2 === 1 ? element("mark", {}, part) : document.createTextNode(part)));
}
