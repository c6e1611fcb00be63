/** Which value a name stands for: graphs lie in graphs, and a name that a graph does not have is one of the graph around. */
import { quote } from "../json-reader.js";
import { invalid } from "./protobuf.js";
import type { Attribute, Graph, Model, Node, TensorMessage } from "./schema.js";

/** Functions of the model may call each other, and so have more nodes than the file has. */
const MOST_NODES = 2 ** 20;
/** As deep as functions may call each other. */
const MOST_CALLS = 64;

/** A value that a name stands for: a tensor of the file, an output of a node, or, with neither, what is known only later. */
export interface Value {
  readonly tensor?: TensorMessage;
  readonly node?: Placed;
  /** Which of the node's outputs it is. */
  readonly output?: number;
  /** How many nodes and outputs of graphs read it, those aside that want its shape. */
  uses: number;
}

/** A node and where it is. */
export interface Placed {
  readonly node: Node;
  readonly scope: Scope;
  /** The bodies that it lies in, with a slash behind each. */
  readonly path: string;
}

export class Scope {
  readonly #values = new Map<string, Value>();

  constructor(
    readonly parent: Scope | undefined,
    /** Of a function's body: the attributes of the call. */
    readonly call?: ReadonlyMap<string, Attribute>,
  ) {}

  set(name: string | undefined, value: Value): void {
    if (!name) return;
    const before = this.#values.get(name); // an input may have a tensor as its default
    if (before?.tensor !== undefined || before?.node !== undefined)
      throw invalid(`two values are called ${quote(name)}`);
    this.#values.set(name, value);
  }

  find(name: string | undefined): Value | undefined {
    if (!name) return undefined; // an empty name is an input that is left out
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const value = scope.#values.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

export const isStandard = (domain = ""): boolean => domain === "" || domain === "ai.onnx";

/** The attributes of a node by name; those that refer to an attribute of the function around are that. */
export function attributesOf({ node, scope }: Pick<Placed, "node" | "scope">): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>();
  for (const attribute of node.attributes) {
    const given = attribute.reference ? scope.call?.get(attribute.reference) : attribute;
    if (given !== undefined) attributes.set(attribute.name ?? "", given);
  }
  return attributes;
}

/**
 * Visits every node, those of bodies and functions too, once the names of its graph are known; and the tensors of every
 * graph, by their names with the bodies that they lie in before them.
 */
export function walk(
  model: Model,
  graph: Graph,
  visit: (placed: Placed) => void,
  visitTensor: (name: string, value: Value) => void,
): void {
  const functions = new Map(model.functions.map((one) => [`${one.domain ?? ""} ${one.name}`, one]));
  let visited = 0;

  const body = (
    nodes: readonly Node[],
    outputs: readonly (string | undefined)[],
    scope: Scope,
    path: string,
    calls: number,
  ) => {
    const placed = nodes.map((node): Placed => ({ node, scope, path }));
    for (const one of placed) {
      for (const [output, name] of one.node.outputs.entries()) scope.set(name, { node: one, output, uses: 0 });
    }
    const use = (name: string | undefined) => {
      const value = scope.find(name);
      if (value !== undefined) value.uses++;
    };
    for (const one of placed) {
      if (++visited > MOST_NODES) throw invalid(`it has more than ${MOST_NODES} nodes`);
      const { node } = one;
      if (node.op !== "Shape") node.inputs.forEach(use);
      visit(one);
      const own = functions.get(`${node.domain ?? ""} ${node.op}`);
      if (own !== undefined) {
        if (calls >= MOST_CALLS) throw invalid(`its functions call each other deeper than ${MOST_CALLS}`);
        const defaults = own.attributes.map((attribute): [string, Attribute] => [attribute.name ?? "", attribute]);
        const inner = new Scope(undefined, new Map([...defaults, ...attributesOf(one)]));
        for (const [i, name] of own.inputs.entries()) inner.set(name, scope.find(node.inputs[i]) ?? { uses: 0 });
        body(own.nodes, own.outputs, inner, `${path}${node.name || node.op}/`, calls + 1);
      }
      for (const { name, g, graphs } of node.attributes) {
        const inside = `${path}${node.name || node.op}/${name}/`;
        for (const one of g === undefined ? graphs : [g]) enter(one, scope, inside, calls);
      }
    }
    outputs.forEach(use);
  };

  const enter = (one: Graph, parent: Scope | undefined, path: string, calls: number) => {
    const scope = new Scope(parent, parent?.call);
    for (const { name } of one.inputs) scope.set(name, { uses: 0 });
    for (const tensor of one.tensors) {
      const value: Value = { tensor, uses: 0 };
      scope.set(tensor.name, value);
      visitTensor(path + (tensor.name ?? ""), value);
    }
    body(
      one.nodes,
      one.outputs.map(({ name }) => name),
      scope,
      path,
      calls,
    );
  };

  enter(graph, undefined, "", 0);
}
