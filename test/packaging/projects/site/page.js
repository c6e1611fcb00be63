/** How the page is driven from inside. */

/** Milliseconds that something may take on a busy machine. */
const PATIENCE = 120_000;

/** What `find` finds, as soon as it finds something. */
export async function until(what, find) {
  for (const start = performance.now(); performance.now() - start < PATIENCE; ) {
    const found = find();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain for ${what}; the page shows: ${document.querySelector("main")?.textContent}`);
}

export const one = (selector) => document.querySelector(selector);
export const textOf = (selector) => one(selector)?.textContent ?? "";
export const textsOf = (selector) => [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);

/** Clicks a button once it is there and enabled. */
export async function click(label) {
  const find = () =>
    [...document.querySelectorAll("main button:enabled")].find((button) => button.textContent === label);
  (await until(`the button "${label}"`, find)).click();
}
