import { entries, pages } from "virtual:reference";
import { LANG } from "../../i18n/index.js";
import type { PanelContext } from "../../panel.js";
import { element } from "../../ui/element.js";
import { type Place, placeOf } from "./address.js";
import { ContentsView } from "./contents-view.js";
import { en } from "./en.js";
import { entryView, overview } from "./entry-view.js";
import { itemView } from "./item-view.js";
import type { Item } from "./model.js";
import "./reference.css";
import { Search } from "./search.js";
import { searchBox } from "./search-box.js";
import { html } from "./text.js";
import { zh } from "./zh.js";

export async function mount(root: HTMLElement, context: PanelContext): Promise<void> {
  const { language, signal, keep } = context;
  const strings = { en, zh }[language];
  const search = keep(() => new Search());
  const contents = new ContentsView(strings, language, signal);
  const article = element("article", {});
  const side = element("div", { className: "side" }, searchBox(strings, search, context), contents.element);
  root.append(
    element("p", {}, strings.intro),
    ...(strings.english === "" ? [] : [element("p", { className: "muted" }, strings.english)]),
    element("div", { className: "reference" }, side, article),
  );

  /** The address of the document that is shown or on its way. */
  let shown: string | undefined;
  const show = async (): Promise<void> => {
    const place = placeOf(location.hash);
    const address = "address" in place ? place.address : "";
    if (address === shown) return; // the browser has scrolled to the part of it
    const isFirst = shown === undefined;
    shown = address;
    article.ariaBusy = "true";
    const content = await documentAt(place).catch((error: unknown) => [alert(String(error))]);
    if (signal.aborted || shown !== address) return;
    article.replaceChildren(...content);
    article.ariaBusy = "false";
    contents.show(address);
    reveal(article, isFirst);
  };

  const documentAt = async (place: Place): Promise<Node[]> => {
    switch (place.kind) {
      case "page": {
        const { default: page } = await load(pages, place.address);
        return [element("div", { className: "page", lang: LANG[place.page.language] }, html(page.html))];
      }
      case "entry":
      case "item": {
        const { default: entry } = await load(entries, place.entry.name);
        if (place.kind === "entry") return entryView(strings, place.entry, entry);
        return itemView(strings, place.entry, entry[place.item] as Item);
      }
      case "unknown":
        return [alert(strings.notFound(place.address))];
      default:
        return overview(strings, language);
    }
  };

  addEventListener("hashchange", () => location.hash.startsWith("#/reference") && void show(), { signal });
  await show();
}

const alert = (text: string): HTMLElement => element("p", { role: "alert" }, text);

function load<Loaded>(from: Readonly<Record<string, () => Promise<Loaded>>>, name: string): Promise<Loaded> {
  return (from[name] as () => Promise<Loaded>)();
}

/** Goes to the part that the address names, or to the top of a new document; the focus goes with it. */
function reveal(article: HTMLElement, isFirst: boolean): void {
  const part = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const heading = article.querySelector<HTMLElement>("h2");
  if (part === null || part === heading) {
    if (isFirst) return; // the page was just opened: it begins at its own top
    heading?.focus({ preventScroll: true });
    article.scrollIntoView();
  } else {
    part.focus({ preventScroll: true });
    part.scrollIntoView();
  }
}
