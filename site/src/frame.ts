import { frameStrings, LANG, type Language } from "./i18n/index.js";
import type { Closeable } from "./panel.js";
import { PANELS, type PanelEntry } from "./panels/index.js";
import { addressOf, panelOfAddress } from "./router.js";
import * as settings from "./settings.js";
import { select } from "./ui/controls.js";
import { element } from "./ui/element.js";
import { applyTheme } from "./ui/theme.js";

/** The page around the panels: title, navigation, language, theme, and one panel at a time. */
export class Frame {
  readonly #body: HTMLElement;
  readonly #live = element("div", { className: "visually-hidden", role: "status" });
  #language = settings.language();
  #panel = panelOfAddress();
  /** What the shown panel keeps when the language changes. */
  #kept: Closeable | undefined;
  /** Ends the shown mount. */
  #mount = new AbortController();

  constructor(body: HTMLElement) {
    this.#body = body;
  }

  start(): void {
    applyTheme(settings.theme());
    addEventListener("hashchange", () => this.#navigate());
    this.#show();
  }

  #navigate(): void {
    const panel = panelOfAddress();
    if (panel === this.#panel) return; // the rest of the address is the panel's own
    this.#panel = panel;
    this.#release();
    // As after the load of a page, the keyboard and the screen reader begin at the top of what is new.
    this.#show().focus();
    scrollTo(0, 0);
  }

  #speak(language: Language): void {
    this.#language = language;
    settings.rememberLanguage(language);
    this.#show();
    this.#body.querySelector<HTMLElement>("#language")?.focus();
  }

  /** Draws everything in the present language; returns the panel's heading. */
  #show(): HTMLElement {
    const strings = frameStrings[this.#language];
    const title = this.#panel.title[this.#language];
    document.documentElement.lang = LANG[this.#language];
    document.title = `${title} · lstm-wasm`;

    const heading = element("h1", { tabIndex: -1 }, title);
    const root = element("div", { className: "panel" }, element("p", { className: "muted" }, strings.loading));
    const main = element("main", { id: "main", ariaBusy: "true" }, heading, root);
    const skip = element("a", { className: "skip", href: "#main" }, strings.skip);
    skip.addEventListener("click", (event) => {
      event.preventDefault(); // the part of the address after # names the panel
      heading.focus();
    });
    const licences = element("a", { href: "licences.txt" }, strings.licences); // site/licences.ts makes it
    const footer = element("footer", {}, strings.privacy, " ", licences);
    this.#body.replaceChildren(skip, this.#header(), main, footer, this.#live);
    void this.#fill(root).then(() => {
      main.ariaBusy = "false";
    });
    return heading;
  }

  #header(): HTMLElement {
    const strings = frameStrings[this.#language];
    const links = PANELS.map((panel) => this.#link(panel));
    const language = select({
      id: "language",
      label: strings.language,
      options: { en: "English", zh: "中文" },
      value: this.#language,
      onChange: (chosen) => this.#speak(chosen),
    });
    const theme = select({
      id: "theme",
      label: strings.theme,
      options: strings.themes,
      value: settings.theme(),
      onChange: (chosen) => {
        settings.rememberTheme(chosen);
        applyTheme(chosen);
      },
    });
    return element(
      "header",
      {},
      element(
        "div",
        { className: "row" },
        element("p", { className: "brand" }, element("strong", {}, "lstm-wasm"), ` ${strings.tagline}`),
        language.element,
        theme.element,
      ),
      element("nav", { ariaLabel: strings.panels }, ...links),
    );
  }

  #link(panel: PanelEntry): HTMLElement {
    const link = element("a", { href: addressOf(panel) }, panel.title[this.#language]);
    if (panel === this.#panel) link.ariaCurrent = "page";
    return link;
  }

  /** Loads the panel's code and mounts it, unless the visitor has gone on by then. */
  async #fill(root: HTMLElement): Promise<void> {
    this.#mount.abort();
    const mount = new AbortController();
    this.#mount = mount;
    const { signal } = mount;
    let keeps = false;
    try {
      const { mount: mountPanel } = await this.#panel.load();
      if (signal.aborted) return;
      root.replaceChildren();
      await mountPanel(root, {
        language: this.#language,
        signal,
        keep: <T extends Closeable>(create: () => T): T => {
          if (keeps) throw new Error("a mount may call keep once: put all that is kept into one object");
          keeps = true;
          this.#kept ??= create();
          return this.#kept as T;
        },
        announce: (text) => {
          if (!signal.aborted) this.#live.textContent = text;
        },
      });
    } catch (error) {
      if (signal.aborted) return;
      console.error(error);
      const reason = error instanceof Error ? error.message : String(error);
      root.replaceChildren(element("p", { role: "alert" }, frameStrings[this.#language].failed(reason)));
    }
  }

  #release(): void {
    this.#mount.abort();
    this.#kept?.close();
    this.#kept = undefined;
  }
}
