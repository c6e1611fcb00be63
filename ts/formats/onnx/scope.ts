/** Which value a name stands for: graphs lie in graphs, and a name that a graph does not have is one of the graph around. */
import { quote } from "../json-reader.js";
import {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from "./fields.js";
import { kindOf } from "./layer.js";
import { bounded, budget, invalid, type Message } from "./protobuf.js";

/** As many attributes as a node may have, and a function: they are searched name by name. */
const MOST_ATTRIBUTES = 2 ** 6;
/** As deep as graphs may lie in graphs, and functions call each other. */
const MOST_DEPTH = 64;

/** A value that a name stands for: a tensor of the file, an output of another node, or, with neither, what is known only later. */
export interface Value {
  /** A TensorProto. */
  readonly tensor?: Message;
  readonly node?: Placed;
  /** Which of the node's outputs it is. */
  readonly output?: number;
  /** How many nodes and outputs of graphs read it, those aside that want its shape. */
  uses: number;
}

/** The values of a graph by their names. Its prototype is the scope of the graph around; that of the outermost one is null. */
export type Scope = { [name: string]: Value };

/** Finds an attribute by its name. */
type FindAttribute = (name: string) => Message | undefined;

/** A node, where it is. */
export class Placed {
  /** The operator, with its domain unless that is ONNX's own: `LSTM`, `com.microsoft.DynamicQuantizeLSTM`. */
  readonly op: string;
  readonly name: string;
  /** The names of the values that it reads and writes; one that is left out is empty. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly Message[];

  constructor(
    node: Message,
    readonly scope: Scope,
    /** The bodies that it lies in, with a slash behind each. */
    readonly path: string,
    /** The attributes with which the function around is called. */
    readonly call: FindAttribute | undefined,
  ) {
    this.op = qualified(node, NodeProto.domain, NodeProto.op_type);
    this.name = node.text(NodeProto.name);
    this.inputs = node.texts(NodeProto.input);
    this.outputs = node.texts(NodeProto.output);
    this.attributes = node.messages(NodeProto.attribute);
  }

  /** One of the values that it reads; undefined if that is left out. */
  input(index: number): Value | undefined {
    return this.scope[this.inputs[index] ?? ""];
  }

  /** An attribute; one that refers to an attribute of the function around is that. */
  attribute(name: string): Message | undefined {
    const own = named(this.attributes, name);
    const reference = own?.text(AttributeProto.ref_attr_name);
    return reference ? this.call?.(reference) : own;
  }

  /** An attribute that is an integer. */
  int(name: string): number | undefined {
    return this.attribute(name)?.int(AttributeProto.i);
  }

  /** An attribute that is a list of integers. */
  ints(name: string): readonly number[] | undefined {
    return this.attribute(name)?.ints(AttributeProto.ints);
  }
}

/** One of the attributes of a node, or of those of a function that have a default. */
function named(attributes: readonly Message[], name: string): Message | undefined {
  bounded(attributes.length, MOST_ATTRIBUTES, "attributes");
  return attributes.find((one) => one.text(AttributeProto.name) === name);
}

function qualified(owner: Message, domainField: number, nameField: number): string {
  const [domain, name] = [owner.text(domainField), owner.text(nameField)];
  return domain === "" || domain === "ai.onnx" ? name : `${domain}.${name}`;
}

/** What is found in a model. */
export interface Found {
  /** The recurrent nodes, in the order of the file. */
  readonly nodes: Placed[];
  /** All operators. */
  readonly operators: Set<string>;
  /** The tensors of the file, their names behind the bodies that they lie in. */
  readonly tensors: [name: string, value: Value][];
}

/** Goes through all nodes, those of bodies and functions too, and through the tensors of every graph. */
export function find(model: Message, graph: Message): Found {
  const functions = new Map(
    model.messages(ModelProto.functions).map((one) => [qualified(one, FunctionProto.domain, FunctionProto.name), one]),
  );
  const found: Placed[] = [];
  const operators = new Set<string>();
  const tensors: [string, Value][] = [];
  const spend = budget(4 * model.content.length + 2 ** 22, "parts");

  /** Gives a value its name, unless that is empty. */
  const set = (scope: Scope, name: string, value: Value) => {
    const before = Object.hasOwn(scope, name) ? scope[name] : undefined; // an input may have a tensor as its default
    if (before?.tensor ?? before?.node) throw invalid(`two values are called ${quote(name)}`);
    if (name) scope[name] = value;
  };

  const keep = (scope: Scope, path: string, name: string, tensor: Message) => {
    spend(path.length + name.length);
    const value: Value = { tensor, uses: 0 };
    set(scope, name, value);
    tensors.push([path + name, value]);
  };

  const body = (
    nodes: readonly Message[],
    outputs: readonly string[],
    scope: Scope,
    path: string,
    depth: number,
    call?: FindAttribute,
  ) => {
    bounded(depth, MOST_DEPTH, "levels");
    const placed = nodes.map((node) => new Placed(node, scope, path, call));
    for (const node of placed) {
      const tensor = node.op === "Constant" && node.attribute("value")?.messages(AttributeProto.t).at(-1);
      if (tensor) keep(scope, path, node.outputs[0] ?? "", tensor);
      else for (const [output, name] of node.outputs.entries()) set(scope, name, { node, output, uses: 0 });
    }
    const use = (name: string) => {
      const value = scope[name];
      if (value) value.uses++;
    };
    for (const node of placed) {
      const op = node.op;
      const inside = `${path}${node.name || op}/`;
      operators.add(op);
      if (kindOf(op)) found.push(node);
      if (op !== "Shape") node.inputs.forEach(use);
      const called = functions.get(op);
      if (called) {
        spend(called.content.length); // more than the work that each call is
        const inner: Scope = Object.create(null);
        for (const [i, name] of called.texts(FunctionProto.input).entries())
          set(inner, name, node.input(i) ?? { uses: 0 });
        const defaults = called.messages(FunctionProto.attribute_proto);
        const attributeOf = (name: string) => node.attribute(name) ?? named(defaults, name);
        body(
          called.messages(FunctionProto.node),
          called.texts(FunctionProto.output),
          inner,
          inside,
          depth + 1,
          attributeOf,
        );
      }
      for (const attribute of node.attributes) {
        const graphs = [...attribute.messages(AttributeProto.g), ...attribute.messages(AttributeProto.graphs)];
        for (const graph of graphs)
          enter(graph, scope, `${inside}${attribute.text(AttributeProto.name)}/`, depth + 1, call);
      }
    }
    outputs.forEach(use);
  };

  const enter = (graph: Message, around: Scope | null, path: string, depth: number, call?: FindAttribute) => {
    const scope: Scope = Object.create(around);
    const namesOf = (field: number) => graph.messages(field).map((one) => one.text(ValueInfoProto.name));
    for (const name of namesOf(GraphProto.input)) set(scope, name, { uses: 0 });
    for (const tensor of graph.messages(GraphProto.initializer))
      keep(scope, path, tensor.text(TensorProto.name), tensor);
    body(graph.messages(GraphProto.node), namesOf(GraphProto.output), scope, path, depth, call);
  };

  enter(graph, null, "", 0);
  return { nodes: found, operators, tensors };
}
