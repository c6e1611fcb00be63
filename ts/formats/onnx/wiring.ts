/** Which nodes are layers of one module: each reads the output of the one below, and nothing else does. */
import { type Constants, permuted } from "./constants.js";
import type { RecurrentNode } from "./layer.js";
import { invalid } from "./protobuf.js";
import type { Placed, Value } from "./scope.js";

/** As many layers as a module may have: an initial state of one makes zeros for all others. As many nodes as may stand between two. */
const MOST_IN_A_ROW = 256;

/** Sizes of time and batch where a model takes any: primes, which no other size is by chance. */
const TIME = 1009;
const BATCH = 1013;

/** The layers in modules, each from its first layer to its last. */
export function joined(layers: readonly RecurrentNode[], constants: Constants): RecurrentNode[][] {
  const byNode = new Map(layers.map((layer) => [layer.placed, layer]));
  const modules = new Map<RecurrentNode, RecurrentNode[]>();
  for (const layer of layers) {
    const below = layerBelow(layer, byNode, constants);
    const module = below ? modules.get(below) : [];
    if (module === undefined) throw invalid("its nodes are out of order");
    const own = below && module.length < MOST_IN_A_ROW && alike(below, layer) ? module : [];
    own.push(layer);
    modules.set(layer, own);
  }
  return [...new Set(modules.values())];
}

/** Whether they can be layers of one module. */
function alike(a: RecurrentNode, b: RecurrentNode): boolean {
  const facts = ({
    kind,
    options: { hiddenSize, nonlinearity },
    attributes: { direction, layout, quantized },
  }: RecurrentNode) => [kind, hiddenSize, nonlinearity, direction, layout, quantized].join();
  return (
    facts(a) === facts(b) &&
    b.options.inputSize === a.parameters.length * a.options.hiddenSize &&
    a.placed.scope === b.placed.scope &&
    a.placed.input(4) === b.placed.input(4)
  );
}

/** The layer whose output this one reads, through nodes that make of it what this one must read, and nothing else. */
function layerBelow(
  layer: RecurrentNode,
  byNode: ReadonlyMap<Placed, RecurrentNode>,
  constants: Constants,
): RecurrentNode | undefined {
  const between: Placed[] = [];
  let value = layer.placed.input(0);
  while (value?.node !== undefined && value.output === 0 && value.uses === 1 && between.length < MOST_IN_A_ROW) {
    const below = byNode.get(value.node);
    if (below !== undefined) {
      return follow(between.reverse(), below, constants) === (layer.options.batchFirst ? "bth" : "tbh")
        ? below
        : undefined;
    }
    between.push(value.node);
    value = value.node.input(0);
  }
  return undefined;
}

/**
 * What the nodes make of the dimensions of a layer's output: time, batch, direction, hidden units (in the end of all
 * directions), a letter each.
 */
function follow(nodes: readonly Placed[], layer: RecurrentNode, constants: Constants): string | undefined {
  const { options, batch = BATCH } = layer;
  const { hiddenSize, batchFirst } = options;
  const directions = layer.parameters.length;
  const sizes: Record<string, number> = { t: TIME, b: batch, d: directions, h: hiddenSize };
  const sizesOf = (dimensions: string) => [...dimensions].map((one) => sizes[one] as number);
  const shapes = new Map<Value | undefined, readonly number[]>();
  let dimensions = batchFirst ? "btdh" : "tdbh";
  for (const placed of nodes) {
    shapes.set(placed.input(0), sizesOf(dimensions));
    if (placed.op === "Transpose") {
      const moved = permuted([...dimensions], placed.ints("perm"));
      if (moved === undefined) return undefined;
      dimensions = moved.join("");
    } else if (placed.op === "Squeeze") {
      const axes = constants.of(placed.input(1))?.data ?? placed.ints("axes") ?? [];
      if (axes.length !== 1 || dimensions.at(axes[0] as number) !== "d" || directions > 1) return undefined;
      dimensions = dimensions.replace("d", "");
    } else if (placed.op === "Reshape") {
      // The hidden units of all directions must lie side by side, or there is only one direction.
      if (directions > 1 && !dimensions.endsWith("dh")) return undefined;
      const before = sizesOf(dimensions);
      const merged = dimensions.replace("d", "");
      sizes.h = directions * hiddenSize;
      const after = sizesOf(merged);
      const keeps = !placed.int("allowzero");
      const { node } = placed.input(1) ?? {};
      // The first three sizes, of which parts may come from what the model is given.
      const parts = node?.op === "Concat" ? [0, 1, 2].map((i) => node.input(i)) : [placed.input(1)];
      const target = parts
        .flatMap((part) => [...(constants.of(part, shapes)?.data.subarray(0, 3) ?? [NaN])])
        .map((size, d) => (size === 0 && keeps ? before[d] : size));
      // Two of three sizes give the third. The layer above reads three.
      if (after.filter((size, d) => size === target[d]).length < 2) return undefined;
      dimensions = merged;
    } else if (!/^(Identity|Cast|Dropout)$/.test(placed.op)) return undefined;
  }
  return dimensions;
}
