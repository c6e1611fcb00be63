import type { Language } from "./i18n/index.js";

/** A panel's `index.ts`. It is loaded when its address is first opened. */
export interface PanelModule {
  /**
   * Fills the panel's element. The page calls it when the panel's address is opened, and again, with an empty element,
   * when the language changes.
   *
   * @param root an empty element under the panel's title
   * @returns a promise if the panel is not usable at once
   */
  mount(root: HTMLElement, context: PanelContext): void | Promise<void>;
}

/** What the page lends to a panel. */
export interface PanelContext {
  readonly language: Language;
  /** Aborted when this mount ends: give it to `addEventListener`, and to the parts in `ui/`. */
  readonly signal: AbortSignal;
  /**
   * What must outlast a change of the language: workers, models, a training run. The first mount creates it, later ones
   * get the same. It is closed when the visitor goes to another panel. Call it once in a mount.
   */
  keep<T extends Closeable>(create: () => T): T;
  /** Tells screen readers what changed. Not for what changes many times a second. */
  announce(text: string): void;
}

export interface Closeable {
  close(): void;
}
