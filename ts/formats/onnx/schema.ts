/** The messages of onnx.proto, as far as they are read here. Every field is a list, of one value where protobuf has one. */
import type { Schema } from "./protobuf.js";

/** TensorProto */
export interface TensorMessage {
  readonly name: string[];
  readonly type: number[];
  readonly dims: number[];
  readonly raw: Uint8Array[];
  readonly floats: Uint8Array[];
  readonly doubles: Uint8Array[];
  readonly ints: number[];
  readonly external: { key: string[]; value: string[] }[];
  readonly location: number[];
}

/** AttributeProto. It has fields for each type of value; here they are one, as a value shows its type. */
export interface Attribute {
  readonly name: string[];
  readonly values: (number | string | TensorMessage)[];
  readonly graphs: Graph[];
  readonly reference: string[];
}

/** NodeProto */
export interface Node {
  readonly name: string[];
  readonly op: string[];
  readonly domain: string[];
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: Attribute[];
}

/** GraphProto */
export interface Graph {
  readonly nodes: Node[];
  readonly tensors: TensorMessage[];
  readonly inputs: { name: string[] }[];
  readonly outputs: { name: string[] }[];
}

/** FunctionProto. Its name is the operator of the nodes that call it. */
export interface ModelFunction extends Pick<Node, "op" | "domain" | "inputs" | "outputs" | "attributes"> {
  readonly nodes: Node[];
}

/** ModelProto */
export interface Model {
  readonly graph: Graph[];
  readonly functions: ModelFunction[];
}

/** Lists of floating-point numbers are packed, and their bytes those of `raw`. */
const TENSOR: Schema = {
  1: ["dims", "int", "many"],
  2: ["type", "int"],
  4: ["floats", "bytes"],
  5: ["ints", "int", "many"],
  7: ["ints", "int", "many"],
  8: ["name", "text"],
  9: ["raw", "bytes"],
  10: ["doubles", "bytes"],
  11: ["ints", "int", "many"],
  13: ["external", () => ({ 1: ["key", "text"], 2: ["value", "text"] })],
  14: ["location", "int"],
};

const ATTRIBUTE: Schema = {
  1: ["name", "text"],
  2: ["values", "float"],
  3: ["values", "int"],
  4: ["values", "text"],
  5: ["values", () => TENSOR],
  6: ["graphs", () => GRAPH],
  7: ["values", "float", "many"],
  8: ["values", "int", "many"],
  9: ["values", "text"],
  11: ["graphs", () => GRAPH],
  21: ["reference", "text"],
};

const NODE: Schema = {
  1: ["inputs", "text"],
  2: ["outputs", "text"],
  3: ["name", "text"],
  4: ["op", "text"],
  5: ["attributes", () => ATTRIBUTE],
  7: ["domain", "text"],
};

const VALUE: Schema = { 1: ["name", "text"] };

const GRAPH: Schema = {
  1: ["nodes", () => NODE],
  5: ["tensors", () => TENSOR],
  11: ["inputs", () => VALUE],
  12: ["outputs", () => VALUE],
};

const FUNCTION: Schema = {
  1: ["op", "text"],
  4: ["inputs", "text"],
  5: ["outputs", "text"],
  7: ["nodes", () => NODE],
  10: ["domain", "text"],
  11: ["attributes", () => ATTRIBUTE],
};

export const MODEL: Schema = {
  7: ["graph", () => GRAPH],
  25: ["functions", () => FUNCTION],
};
