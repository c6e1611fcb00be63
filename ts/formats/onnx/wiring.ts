/** Which nodes are layers of one module: each reads the output of the one below, and nothing else does. */

import { axesOf, type Constants } from "./constants.js";
import type { Layer } from "./layer.js";
import { invalid } from "./protobuf.js";
import { attributesOf, isStandard, type Placed, type Value } from "./scope.js";

/** As many nodes as may stand between two layers. */
const MOST_STEPS = 16;

/** A dimension: time, batch, direction, hidden units, or all directions' hidden units. */
type Dimension = "t" | "b" | "d" | "h";

/** The layers in modules, each from its first layer to its last. */
export function joined(layers: readonly Layer[], constants: Constants): Layer[][] {
  const byNode = new Map(layers.map((layer) => [layer.placed, layer]));
  const above = new Map<Layer, Layer>();
  const below = new Map<Layer, Layer>();
  for (const layer of layers) {
    const other = layerBelow(layer, byNode, constants);
    if (other === undefined || above.has(other) || !alike(other, layer)) continue;
    above.set(other, layer);
    below.set(layer, other);
  }
  const modules = layers
    .filter((layer) => !below.has(layer))
    .map((first) => {
      const module = [first];
      for (let next = above.get(first); next !== undefined; next = above.get(next)) module.push(next);
      return module;
    });
  if (modules.flat().length < layers.length) throw invalid("its layers read each other in a circle");
  return modules;
}

function alike(a: Layer, b: Layer): boolean {
  const lengths = ({ placed: { node, scope } }: Layer) => scope.find(node.inputs[4]);
  const same: (keyof Layer)[] = ["kind", "hiddenSize", "direction", "layout", "nonlinearity", "quantized"];
  return (
    same.every((key) => a[key] === b[key]) &&
    b.inputSize === a.directions * a.hiddenSize &&
    a.placed.scope === b.placed.scope &&
    lengths(a) === lengths(b)
  );
}

/** The layer whose output this one reads, (seq, batch, directions * hidden) or in layout 1 (batch, seq, ...). */
function layerBelow(layer: Layer, byNode: ReadonlyMap<Placed, Layer>, constants: Constants): Layer | undefined {
  const steps: { placed: Placed; from: Value }[] = [];
  let value = layer.placed.scope.find(layer.placed.node.inputs[0]);
  for (let other: Layer | undefined; other === undefined; ) {
    const placed = value?.node;
    if (placed === undefined || value?.output !== 0 || value.uses !== 1 || steps.length > MOST_STEPS) return undefined;
    other = byNode.get(placed);
    if (other !== undefined) return follows(other, layer, steps, constants) ? other : undefined;
    if (!isStandard(placed.node.domain)) return undefined;
    const from = placed.scope.find(placed.node.inputs[0]);
    if (from === undefined) return undefined;
    steps.unshift({ placed, from });
    value = from;
  }
  return undefined;
}

/** Whether these nodes make of the output of a layer what the one above must read, and nothing else. */
function follows(
  layer: Layer,
  above: Layer,
  steps: readonly { placed: Placed; from: Value }[],
  constants: Constants,
): boolean {
  let dimensions: Dimension[] | undefined = layer.layout === 1 ? ["b", "t", "d", "h"] : ["t", "d", "b", "h"];
  const known = new Map<Value, Dimension[]>();
  for (const { placed, from } of steps) {
    if (dimensions === undefined) return false;
    known.set(from, dimensions);
    dimensions = after(placed, dimensions, layer, known, constants);
  }
  return dimensions?.join() === (above.layout === 1 ? "b,t,h" : "t,b,h");
}

function after(
  placed: Placed,
  dimensions: Dimension[],
  layer: Layer,
  known: ReadonlyMap<Value, Dimension[]>,
  constants: Constants,
): Dimension[] | undefined {
  const { node, scope } = placed;
  const attributes = attributesOf(placed);
  if (node.op === "Identity" || node.op === "Cast" || node.op === "Dropout") return dimensions;
  if (node.op === "Transpose") {
    const order = attributes.get("perm")?.ints ?? [];
    const moved = order.map((d) => dimensions[d] as Dimension);
    return order.length === dimensions.length && dimensions.every((one) => moved.includes(one)) ? moved : undefined;
  }
  if (node.op === "Squeeze") {
    const axes = axesOf([undefined, constants.get(scope, node.inputs[1])], attributes)(dimensions.length) ?? [];
    const gone = dimensions[axes[0] ?? -1];
    return axes.length === 1 && gone === "d" && layer.directions === 1
      ? dimensions.filter((one) => one !== "d")
      : undefined;
  }
  if (node.op !== "Reshape") return undefined;
  // The hidden units of all directions must lie side by side, or there is only one direction.
  const merged = dimensions.filter((one) => one !== "d");
  if (layer.directions > 1 && !dimensions.join().endsWith("d,h")) return undefined;
  const target = sizesOf(scope.find(node.inputs[1]), known, constants);
  const keeps = !attributes.get("allowzero")?.i;
  const sure = merged.filter((one, d) => {
    const size = target[d];
    if (size === one && one !== "h") return true;
    if (size === 0 && keeps) return dimensions[d] === one && (one !== "h" || layer.directions === 1);
    if (one === "b" && size === layer.batch) return true;
    return one === "h" && size === layer.directions * layer.hiddenSize;
  });
  // Two of three sizes give the third. The layer above reads three.
  return sure.length >= 2 ? merged : undefined;
}

/** The sizes that a shape holds: numbers, dimensions of values that are known, or undefined. */
type Size = number | Dimension | undefined;
/** As many nodes as may follow each other from the shape of a value to a target; each may have some inputs. */
const MOST_SIZES = 5;

function sizesOf(
  value: Value | undefined,
  known: ReadonlyMap<Value, Dimension[]>,
  constants: Constants,
  steps = 0,
): Size[] {
  const constant = constants.of(value);
  if (constant !== undefined) return [...constant.values];
  const placed = value?.node;
  if (placed === undefined || steps > MOST_SIZES) return [undefined];
  const { node, scope } = placed;
  const inner = (name: string | undefined) => sizesOf(scope.find(name), known, constants, steps + 1);
  const index = (at: number) => constants.get(scope, node.inputs[at])?.values[0];
  if (node.op === "Shape") {
    const dimensions = known.get(scope.find(node.inputs[0]) as Value);
    const attributes = attributesOf(placed);
    const wanted = dimensions?.slice(attributes.get("start")?.i ?? 0, attributes.get("end")?.i ?? dimensions.length);
    return wanted ?? [undefined];
  }
  if (node.op === "Slice") return inner(node.inputs[0]).slice(index(1), index(2));
  if (node.op === "Gather") return [inner(node.inputs[0])[index(1) ?? -1]];
  if (node.op === "Unsqueeze" || node.op === "Squeeze" || node.op === "Cast") return inner(node.inputs[0]);
  if (node.op === "Concat" && node.inputs.length <= 4) return node.inputs.flatMap(inner);
  return [undefined];
}
