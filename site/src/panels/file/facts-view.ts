import { element } from "../../ui/element.js";
import type { en } from "./en.js";
import type { FileFacts } from "./file.worker.js";
import type { LayerFacts, Note, Shape } from "./model.js";
import { faultWords } from "./refusal-view.js";

type Strings = typeof en;

/** How many shapes a list shows, and how many it has open from the start. */
const [SHOWN, OPEN] = [200, 12];

/** What a file holds: its layers with their options and shapes, and what is special about them. */
export function factsView(
  { name, bytes, format, layers, refused, tensors, notes }: FileFacts,
  strings: Strings,
): Node[] {
  const numbers = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const nodes: Node[] = [
    element("h2", { className: "file-name" }, name),
    element("p", {}, strings.summary(strings.formats[format], bytesText(bytes), tensors.length, numbers)),
  ];
  if (layers.length > 0) nodes.push(element("h3", {}, strings.layers), layersTable(layers, strings));
  const shapes = layers.map((layer) =>
    shapeList(strings.shapes(nameOf(layer, strings)), layer.parameters, strings, layers.length === 1),
  );
  if (tensors.length > layers.reduce((sum, { parameters }) => sum + parameters.length, 0))
    shapes.push(shapeList(strings.otherTensors, tensors, strings, false));
  nodes.push(...shapes);
  if (refused.length > 0) {
    const items = refused.map(({ name, why }) => {
      const [kind, details] = faultWords(why, strings);
      return element("li", {}, name === "" ? kind : `${name}: ${kind}`, details);
    });
    nodes.push(element("h3", {}, strings.refused), element("ul", { role: "alert" }, ...items));
  }
  const remarks = [...notes.map((note) => remark(note, strings)), ...layerRemarks(layers, strings)];
  if (remarks.length > 0) {
    nodes.push(element("h3", {}, strings.remarks));
    nodes.push(element("ul", { className: "remarks" }, ...remarks.map((text) => element("li", {}, text))));
  }
  return nodes;
}

export const nameOf = ({ name }: LayerFacts, strings: Strings): string => name || strings.noName;

function layersTable(layers: readonly LayerFacts[], strings: Strings): HTMLElement {
  const heads = Object.values(strings.columns).map((text) => element("th", { scope: "col" }, text));
  const rows = layers.map((layer) => {
    const { kind, cell, options, parameters } = layer;
    const cells = [
      cell ? strings.cell(kind) : kind,
      ...[options.inputSize, options.hiddenSize, options.numLayers].map((size) => size.toLocaleString("en")),
      optionsText(layer, strings),
      parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0).toLocaleString("en"),
    ];
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, nameOf(layer, strings)),
      ...cells.map((text) => element("td", {}, text)),
    );
  });
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
  // On a phone it scrolls sideways, which a keyboard can do only where the focus can be.
  return element("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: strings.layers }, table);
}

function optionsText({ options, notes }: LayerFacts, strings: Strings): string {
  const words = strings.options;
  const { bias, batchFirst, bidirectional, projSize, nonlinearity } = options;
  const parts = [
    ...(bidirectional ? [words.bidirectional] : []),
    ...(notes.some(({ name }) => name === "backwards") ? [words.backwards] : []),
    ...(bias ? [] : [words.noBias]),
    ...(batchFirst ? [words.batchFirst] : []),
    ...(projSize ? [words.projection(projSize)] : []),
    ...(nonlinearity === "relu" ? [words.relu] : []),
  ];
  return parts.join(", ") || words.none;
}

function shapeList(title: string, shapes: readonly Shape[], strings: Strings, open: boolean): HTMLElement {
  const items = shapes
    .slice(0, SHOWN)
    .map(({ name, shape }) => element("li", {}, element("code", {}, name), ` (${shape.join(", ")})`));
  if (shapes.length > SHOWN) items.push(element("li", {}, strings.more(shapes.length - SHOWN)));
  return element(
    "details",
    { open: open && shapes.length <= OPEN },
    element("summary", {}, title),
    element("ul", { className: "shapes" }, ...items),
  );
}

/** The remarks on layers, each once, with the names of those that it is about. */
function layerRemarks(layers: readonly LayerFacts[], strings: Strings): string[] {
  const about = new Map<string, string[]>();
  for (const layer of layers)
    for (const note of layer.notes) {
      const text = remark(note, strings);
      about.set(text, [...(about.get(text) ?? []), nameOf(layer, strings)]);
    }
  return [...about].map(([text, names]) => (layers.length === 1 ? text : `${names.join(", ")}: ${text}`));
}

function remark({ name, value = "" }: Note, strings: Strings): string {
  const say: (value: string) => string = strings.notes[name];
  return say(value);
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** 28 kB; bytes, kB, MB and GB by powers of 1000. */
function bytesText(bytes: number): string {
  const unit = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${Number((bytes / 1000 ** unit).toPrecision(3))} ${["B", "kB", "MB", "GB"][unit]}`;
}
