/** Which value a name stands for: graphs lie in graphs, and a name that a graph does not have is one of the graph around. */
import type { Tensor } from "../../tensor/tensor.js";
import { quote } from "../json-reader.js";
import { invalid } from "./protobuf.js";
import type { Attribute, Graph, Model, ModelFunction, Node, TensorMessage } from "./schema.js";

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
  /** What it is, once that was computed. */
  constant?: Tensor | undefined;
  /** Its shape where only that is known. */
  shape?: readonly number[];
}

/** The values of a graph by name. The prototype is the graph around, up to one that has none. */
type Scope = Record<string, Value>;

/** A node and where it is. */
export interface Placed {
  readonly node: Node;
  /** The operator, with its domain unless that is ONNX's own: `LSTM`, `com.microsoft.DynamicQuantizeLSTM`. */
  readonly op: string;
  readonly scope: Scope;
  /** The bodies that it lies in, with a slash behind each. */
  readonly path: string;
  /** In a function's body: the values of the call's attributes. */
  readonly call: Values | undefined;
}

/** One of the values that a node reads; undefined if that is left out, which an empty name says. */
export const inputOf = ({ node, scope }: Placed, index: number): Value | undefined => scope[node.inputs[index] ?? ""];

/** The values of attributes by their names. */
type Values = ReadonlyMap<string | undefined, readonly unknown[]>;

/** An attribute that refers to one of the function around has the values of that, or is none. */
function valuesOf(attributes: readonly Attribute[], call?: Values): Values {
  const values = new Map<string | undefined, readonly unknown[]>();
  for (const { name, values: own, reference } of attributes) {
    const given = reference[0] ? call?.get(reference[0]) : own;
    if (given) values.set(name[0], given);
  }
  return values;
}

/** The values of each attribute, as ONNX declares them. A broken file may have others, or none. */
export interface Attributes {
  readonly [name: string]: readonly unknown[] | undefined;
  readonly perm?: readonly number[];
  readonly axis?: readonly number[];
  readonly axes?: readonly number[];
  readonly block_size?: readonly number[];
  readonly starts?: readonly number[];
  readonly ends?: readonly number[];
  readonly start?: readonly number[];
  readonly end?: readonly number[];
  readonly to?: readonly number[];
  readonly value?: readonly TensorMessage[];
  readonly value_float?: readonly number[];
  readonly value_floats?: readonly number[];
  readonly value_int?: readonly number[];
  readonly value_ints?: readonly number[];
}

export const attributesOf = ({ node, call }: Placed): Attributes => Object.fromEntries(valuesOf(node.attributes, call));

/** The attribute that is called `value`, which a broken file may not have as a tensor. */
export function tensorOf(placed: Placed): TensorMessage | undefined {
  const [tensor] = attributesOf(placed).value ?? [];
  return tensor?.dims && tensor;
}

/** The name of an operator, with its domain. */
const qualified = ({ domain: [domain = ""], op: [op = ""] }: Pick<Node, "domain" | "op">): string =>
  domain === "" || domain === "ai.onnx" ? op : `${domain}.${op}`;

function set(scope: Scope, name: string, value: Value): void {
  if (!name) return;
  const before = Object.hasOwn(scope, name) ? scope[name] : undefined; // an input may have a tensor as its default
  if (before?.tensor ?? before?.node) throw invalid(`two values are called ${quote(name)}`);
  scope[name] = value;
}

/** What is found in a model. */
export interface Found {
  /** All nodes, in the order of the file. */
  readonly nodes: Placed[];
  /** The tensors of the file, their names behind the bodies that they lie in. */
  readonly tensors: [name: string, value: Value][];
}

/** What has nodes: a graph, or a function, whose inputs and outputs are names, and which has no tensors. */
type Body = Graph | (ModelFunction & { tensors?: undefined });

const nameOf = (one: string | { name: string[] }): string => (typeof one === "string" ? one : (one.name[0] ?? ""));

/** Goes through all nodes, those of bodies and functions too, and through the tensors of every graph. */
export function find(model: Model, graph: Graph): Found {
  const functions = new Map(model.functions.map((one) => [qualified(one), one]));
  const found: Found = { nodes: [], tensors: [] };

  const enter = (
    { inputs, tensors = [], nodes, outputs }: Body,
    around: Scope | null,
    path: string,
    calls: number,
    call?: Values,
    given?: Placed,
  ) => {
    const scope: Scope = Object.create(around);
    for (const [i, input] of inputs.entries()) set(scope, nameOf(input), (given && inputOf(given, i)) ?? { uses: 0 });
    const keep = (tensor: TensorMessage, name = "") => {
      const value: Value = { tensor, uses: 0 };
      set(scope, name, value);
      found.tensors.push([path + name, value]);
    };
    for (const tensor of tensors) keep(tensor, tensor.name[0]);
    const placed = nodes.map((node): Placed => ({ node, op: qualified(node), scope, path, call }));
    for (const one of placed) {
      const { op, node } = one;
      const tensor = op === "Constant" ? tensorOf(one) : undefined;
      if (tensor) keep(tensor, node.outputs[0]);
      else for (const [output, name] of node.outputs.entries()) set(scope, name, { node: one, output, uses: 0 });
    }
    const use = (name: string) => {
      if (scope[name]) scope[name].uses++;
    };
    for (const one of placed) {
      const { node, op } = one;
      if (found.nodes.push(one) > MOST_NODES) throw invalid(`it has more than ${MOST_NODES} nodes`);
      if (op !== "Shape") node.inputs.forEach(use);
      const inside = `${path}${node.name[0] || node.op[0]}/`;
      const called = functions.get(op);
      if (called) {
        if (calls >= MOST_CALLS) throw invalid(`its functions call each other deeper than ${MOST_CALLS}`);
        enter(called, null, inside, calls + 1, valuesOf([...called.attributes, ...node.attributes], call), one);
      }
      for (const { name, graphs } of node.attributes) {
        for (const graph of graphs) enter(graph, scope, `${inside}${name[0]}/`, calls, call);
      }
    }
    for (const output of outputs) use(nameOf(output));
  };

  enter(graph, null, "", 0);
  return found;
}
