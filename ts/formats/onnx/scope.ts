/** Which value a name stands for: graphs lie in graphs, and a name that a graph does not have is one of the graph around. */
import { quote } from "../json-reader.js";
import { invalid } from "./protobuf.js";
import type { Attribute, Graph, Model, Node, TensorMessage } from "./schema.js";

/** Functions of the model may call each other, and so have more nodes than the file has. */
const MOST_NODES = 2 ** 20;
/** As deep as functions may call each other. */
const MOST_CALLS = 64;

/** A value that a name stands for: a tensor of the file, an output of another node than Constant, or, with neither, what is known only later. */
export interface Value {
  readonly tensor?: TensorMessage;
  readonly node?: Placed;
  /** Which of the node's outputs it is. */
  readonly output?: number;
  /** How many nodes and outputs of graphs read it, those aside that want its shape. */
  uses: number;
}

type FindAttribute = (name: string) => Attribute | undefined;

/** A node and where it is. */
export class Placed {
  /** The operator, with its domain unless that is ONNX's own: `LSTM`, `com.microsoft.DynamicQuantizeLSTM`. */
  readonly op: string;

  constructor(
    readonly node: Node,
    readonly scope: Scope,
    /** The bodies that it lies in, with a slash behind each. */
    readonly path: string,
  ) {
    this.op = qualified(node.domain, node.op);
  }

  /** One of the values that it reads; undefined if that is left out. */
  input(index: number): Value | undefined {
    return this.scope.find(this.node.inputs[index]);
  }

  /** An attribute; one that refers to an attribute of the function around is that. */
  attribute(name: string): Attribute | undefined {
    const own = named(this.node.attributes, name);
    return own?.reference ? this.scope.call?.(own.reference) : own;
  }
}

/** The tensor that a Constant node is. */
function literal(placed: Placed): TensorMessage | undefined {
  for (const { name = "" } of placed.node.attributes) {
    const { t, f = 0, i = 0, floats = [], ints = [] } = placed.attribute(name) ?? {};
    if (name === "value") return t;
    if (name === "value_float") return { type: 1, dims: [], floats: [f] };
    if (name === "value_floats") return { type: 1, dims: [floats.length], floats };
    if (name === "value_int") return { type: 7, dims: [], longs: [i] };
    if (name === "value_ints") return { type: 7, dims: [ints.length], longs: ints };
  }
  return undefined;
}

const named = (attributes: readonly Attribute[], wanted: string) => attributes.find(({ name }) => name === wanted);

const qualified = (domain = "", name = ""): string =>
  domain === "" || domain === "ai.onnx" ? name : `${domain}.${name}`;

/** The names of a graph. */
export class Scope {
  readonly #values = new Map<string, Value>();

  constructor(
    readonly parent: Scope | undefined,
    /** Of a function's body: the attributes of the call. */
    readonly call?: FindAttribute,
  ) {}

  set(name: string | undefined, value: Value): void {
    if (!name) return;
    const before = this.#values.get(name); // an input may have a tensor as its default
    if (before?.tensor ?? before?.node) throw invalid(`two values are called ${quote(name)}`);
    this.#values.set(name, value);
  }

  find(name: string | undefined): Value | undefined {
    if (!name) return undefined; // an empty name is an input that is left out
    return this.#values.get(name) ?? this.parent?.find(name);
  }
}

/** What is found in a model. */
export interface Found {
  /** The nodes of the operators that were asked for, in the order of the file. */
  readonly nodes: Placed[];
  /** All operators. */
  readonly operators: Set<string>;
  /** The tensors of the file, their names behind the bodies that they lie in. */
  readonly tensors: [name: string, value: Value][];
}

/** Goes through all nodes, those of bodies and functions too, and through the tensors of every graph. */
export function find(model: Model, graph: Graph, wanted: { has(op: string): boolean }): Found {
  const functions = new Map(model.functions.map((one) => [qualified(one.domain, one.name), one]));
  const found: Found = { nodes: [], operators: new Set(), tensors: [] };
  let visited = 0;

  const keep = (scope: Scope, path: string, name: string | undefined, tensor: TensorMessage) => {
    const value: Value = { tensor, uses: 0 };
    scope.set(name, value);
    found.tensors.push([path + (name ?? ""), value]);
  };

  const body = (nodes: readonly Node[], outputs: readonly string[], scope: Scope, path: string, calls: number) => {
    const placed = nodes.map((node) => new Placed(node, scope, path));
    for (const node of placed) {
      const tensor = node.op === "Constant" ? literal(node) : undefined;
      if (tensor !== undefined) keep(scope, path, node.node.outputs[0], tensor);
      else for (const [output, name] of node.node.outputs.entries()) scope.set(name, { node, output, uses: 0 });
    }
    const use = (name: string) => {
      const value = scope.find(name);
      if (value !== undefined) value.uses++;
    };
    for (const one of placed) {
      if (++visited > MOST_NODES) throw invalid(`it has more than ${MOST_NODES} nodes`);
      const { node, op } = one;
      const inside = `${path}${node.name || node.op}/`;
      found.operators.add(op);
      if (wanted.has(op)) found.nodes.push(one);
      if (op !== "Shape") node.inputs.forEach(use);
      const called = functions.get(op);
      if (called !== undefined) {
        if (calls >= MOST_CALLS) throw invalid(`its functions call each other deeper than ${MOST_CALLS}`);
        const inner = new Scope(undefined, (name) => one.attribute(name) ?? named(called.attributes, name));
        for (const [i, name] of called.inputs.entries()) inner.set(name, one.input(i) ?? { uses: 0 });
        body(called.nodes, called.outputs, inner, inside, calls + 1);
      }
      for (const { name, g, graphs } of node.attributes) {
        for (const graph of g ? [g] : graphs) enter(graph, scope, `${inside}${name}/`, calls);
      }
    }
    outputs.forEach(use);
  };

  const enter = (
    { inputs, tensors, nodes, outputs }: Graph,
    parent: Scope | undefined,
    path: string,
    calls: number,
  ) => {
    const scope = new Scope(parent, parent?.call);
    for (const { name } of inputs) scope.set(name, { uses: 0 });
    for (const tensor of tensors) keep(scope, path, tensor.name, tensor);
    const names = outputs.map(({ name = "" }) => name);
    body(nodes, names, scope, path, calls);
  };

  enter(graph, undefined, "", 0);
  return found;
}
