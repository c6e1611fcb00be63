import { button } from "../../ui/controls.js";
import { element } from "../../ui/element.js";
import { sliceFor } from "./clock.js";
import { digits, duration, percent, type Row, ratiosOf, rowsOf, tiny } from "./figures.js";
import type { Strings } from "./index.js";
import { addressOf, type Measured, type Result } from "./result.js";
import type { Session } from "./session.js";
import { headOf, textOf } from "./text.js";

/** A part of a time that the clock's steps may hide, and that is worth a sentence. */
const NOTABLE = 0.03;

/** The figures of a result, and what one can do with it. @param reasons why contestants failed, where that is known */
export function resultView(
  result: Result,
  reasons: Session["reasons"],
  strings: Strings,
  announce: (text: string) => void,
): HTMLElement {
  const { cell, size, cases, version, date, clock } = result;
  const ratios = ratiosOf(result).map(({ name, least, largest }) =>
    element("li", {}, strings.ratio(strings.name(name), digits(least), digits(largest))),
  );
  const error = clock / sliceFor(clock);
  const head = [strings.network(cell, size), strings.text.head(version, date), headOf(result, strings)];
  return element(
    "div",
    { className: "result" },
    element("p", { className: "muted" }, head.join(strings.comma)),
    ...(error > NOTABLE ? [element("p", {}, strings.coarse(percent(error)))] : []),
    element("ul", { className: "ratios" }, ...ratios),
    ...cases.map((measured) => caseView(measured, result, reasons[measured.kind] ?? {}, strings)),
    copies(result, strings, announce),
  );
}

function caseView(
  measured: Measured,
  result: Result,
  reasons: Readonly<Record<string, string>>,
  strings: Strings,
): HTMLElement {
  const { kind } = measured;
  const { columns } = strings;
  const header = [columns.name, columns.time, columns.ratio, columns.share].map((text) =>
    text === "" ? element("td") : element("th", { scope: "col" }, text),
  );
  const rows = rowsOf(measured, result).map((row, i) => rowView(row, i === 0, reasons[row.name], strings));
  return element(
    "section",
    { className: "card" },
    element("h3", {}, strings.kind[kind]),
    element(
      "table",
      {},
      element("caption", { className: "visually-hidden" }, strings.table(strings.kind[kind])),
      element("thead", {}, element("tr", {}, ...header)),
      element("tbody", {}, ...rows),
    ),
  );
}

/** @param reference whether the others' outputs are compared with these */
function rowView({ name, difference, time }: Row, reference: boolean, reason: string | undefined, strings: Strings) {
  const agreement = reference
    ? strings.reference
    : difference !== undefined && time
      ? strings.difference(tiny(difference))
      : "";
  const head = element("th", { scope: "row" }, strings.name(name), under(agreement));
  if (!time) {
    const why = difference === undefined ? strings.crashed(reason) : strings.differs(tiny(difference));
    return element("tr", {}, head, element("td", { colSpan: 3 }, strings.untimed, under(why)));
  }
  const bar = element("span", { className: "bar", ariaHidden: "true" }, element("span"));
  bar.style.setProperty("--share", String(Math.min(1, time.share)));
  return element(
    "tr",
    { className: reference ? "own" : "" },
    head,
    element("td", {}, duration(time.fastest), under(strings.median(duration(time.median)))),
    element("td", {}, `×${digits(time.ratio)}`),
    element("td", {}, bar, percent(time.share), under(strings.speed(digits(time.speed)))),
  );
}

const under = (text: string): HTMLElement => element("small", {}, text);

/** Buttons that copy the result as text and as a link. */
function copies(result: Result, strings: Strings, announce: (text: string) => void): HTMLElement {
  const hash = addressOf(result);
  const address = new URL(hash, location.href).href;
  const told = element("p", { className: "told" });
  const copy = async (text: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      told.replaceChildren(strings.copied);
      announce(strings.copied);
    } catch {
      const field = element("textarea", { readOnly: true, value: text, rows: 8, ariaLabel: strings.notCopied });
      told.replaceChildren(strings.notCopied, field);
      field.select();
      field.focus();
    }
  };
  return element(
    "div",
    {},
    element(
      "div",
      { className: "row" },
      button(strings.copyText, () => void copy(textOf(result, address, strings))),
      button(strings.copyLink, () => void copy(address)),
      element("a", { href: hash }, strings.link),
    ),
    told,
  );
}
