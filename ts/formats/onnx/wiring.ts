/** Which nodes are layers of one module: each reads the output of the one below, and nothing else does. */
import { type Constants, permuted, squeezed } from "./constants.js";
import type { RecurrentNode } from "./layer.js";
import { invalid } from "./protobuf.js";
import { attributesOf, inputOf, type Placed, type Value } from "./scope.js";

/** As many nodes as may stand between two layers. */
const MOST_STEPS = 16;

/** Sizes of time and batch where a model takes any: primes, which no other size is by chance. */
const [TIME, BATCH] = [1009, 1013];

/** The layers in modules, each from its first layer to its last. */
export function joined(layers: readonly RecurrentNode[], constants: Constants): RecurrentNode[][] {
  const byNode = new Map(layers.map((layer) => [layer.placed, layer]));
  const modules = new Map<RecurrentNode, RecurrentNode[]>();
  for (const layer of layers) {
    const below = layerBelow(layer, byNode, constants);
    const module = below && modules.get(below);
    if (below && module === undefined) throw invalid("its layers read each other before they are computed");
    const own = module?.at(-1) === below && below && alike(below, layer) ? (module as RecurrentNode[]) : [];
    own.push(layer);
    modules.set(layer, own);
  }
  return [...new Set(modules.values())];
}

/** Whether they can be layers of one module. */
function alike(a: RecurrentNode, b: RecurrentNode): boolean {
  const facts = ({ kind, untold, options: { hiddenSize }, attributes: { direction, quantized } }: RecurrentNode) =>
    JSON.stringify([kind, untold, hiddenSize, direction, quantized]);
  return (
    facts(a) === facts(b) &&
    b.options.inputSize === a.parameters.length * a.options.hiddenSize &&
    a.placed.scope === b.placed.scope &&
    inputOf(a.placed, 4) === inputOf(b.placed, 4)
  );
}

/** The layer whose output this one reads, through nodes that make of it what this one must read, and nothing else. */
function layerBelow(
  layer: RecurrentNode,
  byNode: ReadonlyMap<Placed, RecurrentNode>,
  constants: Constants,
): RecurrentNode | undefined {
  const between: Placed[] = [];
  let value = inputOf(layer.placed, 0);
  while (value?.node !== undefined && value.output === 0 && value.uses === 1 && between.length <= MOST_STEPS) {
    const below = byNode.get(value.node);
    if (below !== undefined) {
      return follow(between, below, constants) === (layer.options.batchFirst ? "bth" : "tbh") ? below : undefined;
    }
    between.unshift(value.node);
    value = inputOf(value.node, 0);
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
  let dimensions = batchFirst ? "btdh" : "tdbh";
  for (const placed of nodes) {
    const { perm, axes, allowzero: [allowsZero] = [] } = attributesOf(placed);
    (inputOf(placed, 0) as Value).shape = sizesOf(dimensions);
    if (placed.op === "Transpose") {
      const moved = permuted([...dimensions], perm);
      if (moved === undefined) return undefined;
      dimensions = moved.join("");
    } else if (placed.op === "Squeeze" || placed.op === "Reshape") {
      // The hidden units of all directions must lie side by side, or there is only one direction.
      if (directions > 1 && !dimensions.endsWith("dh")) return undefined;
      const before = sizesOf(dimensions);
      dimensions = dimensions.replace("d", "");
      sizes.h = directions * hiddenSize;
      const after = sizesOf(dimensions);
      const target =
        placed.op === "Squeeze"
          ? squeezed(before, constants.of(inputOf(placed, 1))?.data ?? axes)
          : targetOf(placed, constants).map((size, d) => (size === 0 && !allowsZero ? before[d] : size));
      // Two of three sizes give the third. The layer above reads three.
      if (after.filter((size, d) => size === target[d]).length < 2) return undefined;
    } else if (!/^(Identity|Cast|Dropout)$/.test(placed.op)) return undefined;
  }
  return dimensions;
}

/** The first three sizes that a Reshape makes, NaN for what is not known: parts of its shape may come from what the model is given. */
function targetOf(reshape: Placed, constants: Constants): number[] {
  const shape = inputOf(reshape, 1);
  const { node } = shape ?? {};
  const parts = node?.op === "Concat" ? [0, 1, 2].map((i) => inputOf(node, i)) : [shape];
  return parts.flatMap((part) => [...(constants.of(part)?.data.subarray(0, 3) ?? [NaN])]);
}
